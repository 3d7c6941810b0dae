"""Why queued operations wait, as far as a caller may know."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from fairlead.kernel.principal import Principal
from fairlead.services.authz.public import Authorizer
from fairlead.services.operations.domain.floor import Obstacle
from fairlead.services.operations.permissions import OPERATION_READ
from fairlead.services.operations.ports import Desk
from fairlead.services.operations.public import Operation, OperationState

NAMED = 2
LOOKED_AT = 20


async def told(
    operations: Sequence[Operation], who: Principal, authorizer: Authorizer, desk: Desk
) -> tuple[Operation, ...]:
    """Return them with the reason of those that wait; nothing is read for it."""
    holders: dict[tuple[str, str, UUID | None], str] = {}
    result: list[Operation] = []
    for operation in operations:
        if operation.state is not OperationState.QUEUED:
            result.append(operation)
            continue
        standing = desk.standing(operation.id)
        reason = desk.reason(operation.id)
        if standing.position is not None and not standing.ending:
            obstacle = standing.obstacle
            if obstacle is not None:
                key = (obstacle.name, operation.kind, operation.project_id)
                if key not in holders:
                    holders[key] = await _holders(who, obstacle, authorizer)
                reason = f"waiting: {_limit(operation, obstacle)} {holders[key]}"
            reason = f"number {standing.position} of {standing.queued}, {reason}"
        result.append(replace(operation, reason=reason))
    return tuple(result)


def _limit(operation: Operation, obstacle: Obstacle) -> str:
    if obstacle.name == "project":
        return f"project limit {obstacle.limit} reached by"
    if obstacle.name == "kind":
        return f"limit {obstacle.limit} of {operation.kind} reached by"
    return f"limit {obstacle.limit} reached by"


async def _holders(who: Principal, obstacle: Obstacle, authorizer: Authorizer) -> str:
    names: list[str] = []
    for ticket in obstacle.reached_by[:LOOKED_AT]:
        if len(names) == NAMED:
            break
        mine = ticket.tenant_id == who.tenant_id
        if mine and await authorizer.allows(who, OPERATION_READ, on=ticket.scope):
            names.append(ticket.subject)
    others = len(obstacle.reached_by) - len(names)
    if not names:
        return f"{others} that you may not see"
    if others:
        return f"{', '.join(names)} and {others} more"
    return " and ".join(names)
