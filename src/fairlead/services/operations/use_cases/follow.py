"""Reading along what an operation says."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

from fairlead.kernel.journal import Frame
from fairlead.kernel.principal import Principal
from fairlead.services.operations.public import Feeds, Operation, OperationNotFound
from fairlead.services.operations.use_cases.work import GetOperation


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowOperation:
    """Show the events and output of the feed an operation shares, live."""

    get: GetOperation
    feeds: Feeds

    async def owner(self, who: Principal, operation_id: UUID) -> Operation:
        """Return the operation whose feed that is, if `who` may see it as well.

        Who may see a part only, such as a deployment to an environment of theirs,
        does not see what the other parts wrote.

        Raises:
            OperationNotFound: there is none that `who` may see.
        """
        shown = await self.get(who, operation_id)
        if shown.feed_id == shown.id:
            return shown
        try:
            return await self.get(who, shown.feed_id)
        except OperationNotFound as error:
            raise OperationNotFound(
                f"The output of operation {operation_id} is that of the one it is a "
                "part of, which is not there or which you may not see."
            ) from error

    async def __call__(
        self, who: Principal, operation_id: UUID, *, after: int = 0
    ) -> AsyncIterator[Frame]:
        """Return the frames from `after` on, to the end of the outermost operation.

        Nothing comes of an ended one whose output is no longer kept.

        Raises:
            OperationNotFound: as `owner` says.
            BadOffset: `after` is not where a frame begins.
        """
        shown = await self.owner(who, operation_id)
        first = await self.feeds.read(shown.feed_id, after=after)
        if shown.state.final and not after and not first:
            return _nothing()
        return self.feeds.follow(shown.feed_id, after=after)


async def _nothing() -> AsyncIterator[Frame]:
    for frame in tuple[Frame, ...]():
        yield frame
