"""Any `Journals`."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from fairlead.adapters.blobs.files import FileBlobs
from fairlead.adapters.journals.files import FileJournals
from fairlead.kernel.framing import OUTPUT, encode
from fairlead.kernel.journal import BadOffset, Frame, FrameKind, Journals

SECONDS = 30


@pytest.fixture(params=["files"])
async def journals(
    request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[Journals]:
    made: dict[str, Callable[[], FileJournals]] = {
        "files": lambda: FileJournals(
            tmp_path / "journals", FileBlobs(tmp_path / "blobs")
        )
    }
    journals = made[request.param]()
    yield journals
    journals.close()


async def collect(journals: Journals, name: str, after: int = 0) -> list[Frame]:
    async with asyncio.timeout(SECONDS):
        return [frame async for frame in journals.follow(name, after=after)]


async def test_frames_are_read_in_order_and_resumed_exactly(journals: Journals) -> None:
    ends = [
        await journals.append("op", FrameKind.OUTPUT, f"s{n}", b"%d\n" % n)
        for n in range(20)
    ]

    frames = await journals.read("op")

    assert [frame.data for frame in frames] == [b"%d\n" % n for n in range(20)]
    assert [frame.stream for frame in frames] == [f"s{n}" for n in range(20)]
    assert [frame.next for frame in frames] == ends
    for frame in frames:
        assert (
            await journals.read("op", after=frame.offset)
            == frames[frames.index(frame) :]
        )
    assert await journals.read("op", after=ends[-1]) == []


async def test_an_unknown_journal_is_empty(journals: Journals) -> None:
    assert await journals.read("never/written") == []


async def test_an_offset_within_a_frame_is_refused(journals: Journals) -> None:
    end = await journals.append("op", FrameKind.OUTPUT, "s", b"x" * 100)
    for after in (1, 15, end - 1, end + 1, -1):
        with pytest.raises(BadOffset):
            await journals.read("op", after=after)
        with pytest.raises(BadOffset):
            await collect(journals, "op", after)


async def test_a_read_has_about_the_size_asked_for(journals: Journals) -> None:
    for _ in range(10):
        await journals.append("op", FrameKind.OUTPUT, "s", b"x" * 1000)

    assert len(await journals.read("op", limit=3500)) == 3
    assert len(await journals.read("op", limit=1)) == 1


async def test_the_largest_frame_is_read_whole(journals: Journals) -> None:
    data = bytes(256 * 1024)
    await journals.append("op", FrameKind.OUTPUT, "stream", data)

    assert [frame.data for frame in await journals.read("op")] == [data]


async def test_followers_see_all_live_and_end_with_the_journal(
    journals: Journals,
) -> None:
    """However late one begins, it sees the same frames, and END last."""
    await journals.append("op", FrameKind.OUTPUT, "s", b"0")
    early = [asyncio.create_task(collect(journals, "op")) for _ in range(20)]
    for number in range(1, 50):
        await asyncio.sleep(0)
        await journals.append("op", FrameKind.OUTPUT, "s", b"%d" % number)
    late = asyncio.create_task(collect(journals, "op"))
    await journals.seal("op")
    await journals.seal("op")

    every = [await task for task in [*early, late]]
    for frames in every:
        assert [frame.data for frame in frames[:-1]] == [b"%d" % n for n in range(50)]
        assert frames[-1].kind is FrameKind.END
    assert await collect(journals, "op") == every[0]
    assert len(await journals.read("op", after=every[0][-1].offset)) == 1


async def test_a_follower_may_come_before_the_journal(journals: Journals) -> None:
    task = asyncio.create_task(collect(journals, "later"))
    await asyncio.sleep(0)
    await journals.append("later", FrameKind.EVENT, "", b"{}")
    await journals.seal("later")

    assert [frame.kind for frame in await task] == [FrameKind.EVENT, FrameKind.END]


async def test_what_another_process_appends_is_seen(journals: Journals) -> None:
    """At once when told of it, and before long when not."""
    path = journals.path("op")
    follower = journals.follow("op")
    for told in (True, False):
        next_frame = asyncio.ensure_future(anext(follower))
        await asyncio.sleep(0)
        with path.open("ab") as file:
            file.write(encode(OUTPUT, "other", b"line\n", at=1.0))
        if told:
            journals.touch(path)
        frame = await asyncio.wait_for(next_frame, SECONDS)

        assert (frame.stream, frame.data) == ("other", b"line\n")


async def test_a_deleted_journal_is_gone_for_its_followers_too(
    journals: Journals,
) -> None:
    await journals.append("op", FrameKind.OUTPUT, "s", b"x")
    follower = asyncio.create_task(collect(journals, "op"))
    await asyncio.sleep(0)
    await journals.delete("op")
    await journals.delete("op")

    assert len(await follower) <= 1
    assert await journals.read("op") == []
    assert await journals.append("op", FrameKind.OUTPUT, "s", b"y") > 0


async def test_an_archived_journal_is_read_as_before(journals: Journals) -> None:
    """From every offset, by old and new readers, in small pieces and large frames."""
    for number in range(50):
        data = b"%d\n" % number * (1 if number % 9 else 60_000)
        await journals.append("a/op", FrameKind.OUTPUT, "s", data[: 200 * 1024])
    reader = journals.follow("a/op")
    first = await anext(reader)
    assert not await journals.archive("a/op")
    assert not await journals.sealed("a/op")
    await journals.seal("a/op")
    before = await collect(journals, "a/op")

    assert await journals.archive("a/op")
    assert await journals.archive("a/op")
    assert await journals.sealed("a/op")
    assert not journals.path("a/op").exists()
    assert [first, *[frame async for frame in reader]] == before
    for number, frame in enumerate(before):
        found = await journals.read("a/op", after=frame.offset, limit=500)
        assert found
        assert found == before[number : number + len(found)]
    assert await collect(journals, "a/op", after=before[20].offset) == before[20:]
    assert await journals.read("a/op", after=before[-1].next) == []
    assert await collect(journals, "a/op", after=before[-1].next) == before[-1:]
    for wrong in (1, before[3].offset - 1, before[-1].next + 1, before[-1].next + 99):
        with pytest.raises(BadOffset):
            await journals.read("a/op", after=wrong)
    await journals.delete("a/op")
    assert await journals.read("a/op") == []
    assert not await journals.archive("a/op")


@pytest.mark.parametrize("name", ["", "/a", "a/", "..", "a/../b", ".", "a b", "a//b"])
async def test_a_name_stays_within_bounds(journals: Journals, name: str) -> None:
    with pytest.raises(ValueError, match="no journal name"):
        journals.path(name)


@pytest.mark.parametrize("archived", [False, True])
async def test_who_resumes_after_the_end_is_told_so_at_once(
    journals: Journals, *, archived: bool
) -> None:
    """A reader whose connection broke right then must not wait for ever."""
    await journals.append("op", FrameKind.OUTPUT, "s", b"x")
    await journals.seal("op")
    every = await collect(journals, "op")
    if archived:
        await journals.archive("op")

    assert await collect(journals, "op", every[-1].next) == every[-1:]
    assert await collect(journals, "op", every[-1].offset) == every[-1:]
