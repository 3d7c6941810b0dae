"""Feeds of ended operations: moved to the blobs, read from there, gone at last."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from litestar import Litestar

from fairlead.adapters.http.problems import foreseen
from fairlead.kernel.errors import FairleadError
from fairlead.kernel.journal import BadOffset, Frame, FrameKind
from fairlead.kernel.principal import Principal
from fairlead.services.operations.http import OperationController
from fairlead.services.operations.public import JournalExpired
from fairlead.services.operations.upkeep import JournalUpkeep
from fairlead.services.operations.use_cases.journals import Pruned, PruneJournals
from fairlead.testing.held_engine import HeldEngine

House = Any
Build = Callable[..., Any]
ONE = UUID(int=1)
SYSTEM = Principal(id=UUID(int=8), name="system")
DAY = timedelta(days=1)


@asynccontextmanager
async def ended(house: Build, **settings: Any) -> AsyncIterator[House]:
    """Open a house in which operation 1 has ended, with something in its feed."""
    engine = HeldEngine()
    async with house(engine, **settings) as opened:
        await opened.submit(1)
        async with asyncio.timeout(30):
            while not engine.arguments:  # noqa: ASYNC110 - a deadline holds
                await asyncio.sleep(0.005)
        await opened.feeds.write(ONE, "hello\n", stream="step")
        await engine.end(str(ONE))
        await opened.wait(1)
        yield opened


async def prune(house: House, *, later: timedelta) -> Pruned:
    async with house.container(context={Principal: SYSTEM}) as scope:
        use_case: PruneJournals = await scope.get(PruneJournals)
        return await use_case(datetime.now(UTC) + later)


async def all_of(house: House, *, after: int = 0) -> list[Frame]:
    async with asyncio.timeout(30):
        return [frame async for frame in house.feeds.follow(ONE, after=after)]


def local(folder: Path) -> list[str]:
    return [path.name for path in (folder / "journals").rglob("*.journal")]


def stored_in(folder: Path) -> list[str]:
    return [path.name for path in (folder / "blobs").rglob("*")]


async def test_an_archived_feed_is_read_by_the_same_offsets(
    house: Build, tmp_path: Path
) -> None:
    async with ended(house) as opened:
        before = await all_of(opened)
        early = await prune(opened, later=DAY / 2)
        kept = local(tmp_path)
        late = await prune(opened, later=2 * DAY)
        again = await prune(opened, later=2 * DAY)

        assert (early.stored, late, again) == (0, Pruned(stored=1, removed=0), early)
        assert (kept, local(tmp_path)) == ([f"{ONE}.journal"], [])
        assert await all_of(opened) == before
        assert before[-1].kind is FrameKind.END
        for number, frame in enumerate(before):
            assert await opened.feeds.read(ONE, after=frame.offset) == before[number:]
            assert await all_of(opened, after=frame.offset) == before[number:]
        assert await opened.feeds.read(ONE, after=before[-1].next) == []
        assert await all_of(opened, after=before[-1].next) == before[-1:]
        for wrong in (1, before[-1].next + 16):
            with pytest.raises(BadOffset):
                await opened.feeds.read(ONE, after=wrong)


@pytest.mark.parametrize("stored", [False, True])
async def test_an_expired_feed_is_removed_wherever_it_is(
    house: Build, tmp_path: Path, *, stored: bool
) -> None:
    async with ended(house, journal_days=30) as opened:
        if stored:
            assert await prune(opened, later=2 * DAY) == Pruned(stored=1, removed=0)
        assert await prune(opened, later=31 * DAY) == Pruned(stored=0, removed=1)
        assert local(tmp_path) == []
        assert str(ONE) not in stored_in(tmp_path)
        assert await prune(opened, later=90 * DAY) == Pruned(stored=0, removed=0)


async def test_readers_of_expired_feeds_get_a_clear_error(house: Build) -> None:
    async with ended(house, journal_days=1e-9) as opened:
        await prune(opened, later=timedelta())
        for after in (0, 30):
            with pytest.raises(JournalExpired, match="no longer kept"):
                await opened.feeds.read(ONE, after=after)
        assert await opened.feeds.read(UUID(int=2)) == []


async def test_an_expired_feed_is_not_found_over_http(house: Build) -> None:
    async with ended(house, journal_days=1e-9) as opened:
        await prune(opened, later=timedelta())
        app = Litestar(
            [OperationController], exception_handlers={FairleadError: foreseen}
        )

        async def serve(scope: Any, receive: Any, send: Any) -> None:
            async with opened.container(context={Principal: SYSTEM}) as container:
                state = {"request_id": "r", "dishka_container": container}
                scope.setdefault("state", {}).update(state)
                await app(scope, receive, send)

        transport = httpx.ASGITransport(serve)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://test"
        ) as client:
            answer = await client.get(f"/api/v1/operations/{ONE}/feed")

    assert answer.status_code == 404
    assert answer.json()["code"] == "operations.journal_expired"


async def test_a_move_that_was_interrupted_is_taken_up(
    house: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the copy, and after the removal: nothing is lost, nothing is doubled."""
    async with ended(house) as opened:
        before = await all_of(opened)
        journals = opened.platform.journals_
        for step in (journals, None):
            with monkeypatch.context() as patch:
                if step is not None:
                    patch.setattr(journals, "_remove", _killed)
                else:
                    patch.setattr(PruneJournals, "_note", _killed)
                with pytest.raises(asyncio.CancelledError):
                    await prune(opened, later=2 * DAY)
            assert await all_of(opened) == before
        assert local(tmp_path) == []
        assert await prune(opened, later=2 * DAY) == Pruned(stored=1, removed=0)
        assert await all_of(opened) == before


async def _killed(*_: Any) -> None:
    raise asyncio.CancelledError


async def test_a_damaged_copy_is_no_reason_to_remove_the_file(
    house: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with ended(house) as opened:
        before = await all_of(opened)
        blobs = opened.platform.journals_._stored._blobs  # noqa: SLF001 - to damage it
        put = blobs.put

        async def damaging(key: str, source: Path) -> Any:
            blob = await put(key, source)
            with (tmp_path / "blobs" / key).open("r+b") as file:
                file.write(b"?")
            return blob

        monkeypatch.setattr(blobs, "put", damaging)
        with pytest.raises(Exception, match="does not read back"):
            await prune(opened, later=2 * DAY)

        assert local(tmp_path) == [f"{ONE}.journal"]
        assert await all_of(opened) == before


async def test_at_once_means_soon_after_the_end(
    house: Build, tmp_path: Path, until: Callable[..., Awaitable[None]]
) -> None:
    async with ended(house, journal_days_local=0) as opened:
        upkeep = await opened.container.get(JournalUpkeep)
        await upkeep.open()
        try:
            await until(lambda: not local(tmp_path))
            assert (await all_of(opened))[-1].kind is FrameKind.END
        finally:
            await upkeep.close()


async def test_an_end_told_twice_leaves_an_archived_feed_alone(house: Build) -> None:
    """As after a crash between the end and its acknowledgement."""
    async with ended(house, journal_days_local=0) as opened:
        before = await all_of(opened)
        await prune(opened, later=timedelta(seconds=1))
        await opened.engine.end(str(ONE))

        assert await all_of(opened) == before
