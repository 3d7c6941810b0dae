"""Feeds over journal files: what is cut, what is skipped, what is sealed."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from fairlead.adapters.journals.files import FileJournals
from fairlead.kernel.journal import Frame, FrameKind
from fairlead.kernel.principal import Principal
from fairlead.services.operations.domain.record import CANCELLED, Record, queue
from fairlead.services.operations.feeds import TEXT_BYTES, JournalFeeds
from fairlead.services.operations.public import FeedEvent, Submission

FEED = UUID(int=1)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
ADA = Principal(id=UUID(int=7), name="ada")
KIB = 1024


@pytest.fixture
def journals(tmp_path: Path) -> Iterator[FileJournals]:
    made = FileJournals(tmp_path)
    yield made
    made.close()


@pytest.fixture
def feeds(journals: FileJournals) -> JournalFeeds:
    return JournalFeeds(journals)


def ended(*, parent: Record | None = None, number: int = 1) -> Record:
    submission = Submission(
        id=UUID(int=number), kind="test.work", argument=None, subject="work"
    )
    return queue(ADA, submission, parent=parent, at=NOW).end(CANCELLED, at=NOW)


async def kinds(feeds: JournalFeeds) -> list[FrameKind]:
    return [frame.kind for frame in await feeds.read(FEED)]


async def test_long_texts_are_cut_at_lines_and_never_in_a_character(
    feeds: JournalFeeds,
) -> None:
    text = "ä" * TEXT_BYTES + "\n" + ("line\n" * TEXT_BYTES)
    await feeds.write(FEED, text)
    frames: list[Frame] = []
    while found := await feeds.read(FEED, after=frames[-1].next if frames else 0):
        frames.extend(found)

    parts = [frame.data.decode() for frame in frames]
    assert "".join(parts) == text
    assert all(len(frame.data) <= TEXT_BYTES for frame in frames)
    assert all(part.endswith("\n") for part in parts[3:])


async def test_an_owner_seals_its_feed_once(feeds: JournalFeeds) -> None:
    assert await kinds(feeds) == []
    await feeds.finish(ended(), again=False)
    await feeds.finish(ended(), again=True)

    assert await kinds(feeds) == [FrameKind.EVENT, FrameKind.END]


async def test_what_a_crash_left_unsealed_is_sealed(feeds: JournalFeeds) -> None:
    """Killed between the last event and the seal: told again, then closed."""
    await feeds.publish(FEED, FeedEvent(event="operation.ended"))
    await feeds.finish(ended(), again=True)

    assert await kinds(feeds) == [FrameKind.EVENT, FrameKind.EVENT, FrameKind.END]


async def test_a_part_leaves_the_feed_open(feeds: JournalFeeds) -> None:
    root = ended()
    part = ended(parent=root, number=2)
    await feeds.finish(replace(part), again=False)

    assert await feeds.read(FEED) == []


async def test_a_stalled_reader_loses_output_but_no_event(
    journals: FileJournals,
) -> None:
    """It is told by a GAP that carries where to go on; the writer never waits."""
    feeds = JournalFeeds(journals, max_lag=256 * KIB)
    await feeds.write(FEED, "begin\n")
    reader = feeds.follow(FEED)
    first = await anext(reader)
    for number in range(40):
        await feeds.write(FEED, ("x" * 1023 + "\n") * 64)
        if number == 20:
            await feeds.publish(FEED, FeedEvent(event="step.ended"))
    await feeds.finish(ended(), again=False)
    async with asyncio.timeout(30):
        rest = [frame async for frame in reader]

    frames = [first, *rest]
    events = [json.loads(f.data)["event"] for f in frames if f.kind is FrameKind.EVENT]
    [gap] = [frame for frame in frames if frame.kind is FrameKind.GAP]
    after = frames[frames.index(gap) + 1]
    assert events == ["step.ended", "operation.ended"]
    assert (gap.next, frames[-1].kind) == (after.offset, FrameKind.END)
    assert sum(len(frame.data) for frame in frames) < 40 * 64 * KIB


async def test_a_reader_of_what_was_there_loses_nothing(
    journals: FileJournals,
) -> None:
    """However far behind it begins: only what comes later counts as lag."""
    feeds = JournalFeeds(journals, max_lag=256 * KIB)
    for _ in range(40):
        await feeds.write(FEED, ("x" * 1023 + "\n") * 64)
    await feeds.finish(ended(), again=False)
    async with asyncio.timeout(30):
        frames = [frame async for frame in feeds.follow(FEED)]

    assert FrameKind.GAP not in {frame.kind for frame in frames}
    outputs = [frame.data for frame in frames if frame.kind is FrameKind.OUTPUT]
    assert sum(map(len, outputs)) == 40 * 64 * KIB
