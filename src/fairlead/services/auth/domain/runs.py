"""Who a running step is: the step itself, for as long as it runs."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from fairlead.kernel.ids import new_id
from fairlead.kernel.principal import TenantId
from fairlead.services.auth.public import RunOrder

RUN_MARK = "flr_"
RUN_ROLE = "viewer"

_FORM = re.compile(r"flr_[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunIdentity:
    """What is kept of a step's token while the step runs; after that, nothing.

    Attributes:
        key: The attempt of the step, e.g. `0198…/build/compile/1`.
        digest: Hex SHA-256 of the token.
    """

    id: UUID
    tenant_id: TenantId
    key: str
    digest: str
    operation_id: UUID
    project_id: UUID
    project: str
    environment: str
    step: str
    created_at: datetime
    expires_at: datetime


def identify(
    order: RunOrder, *, tenant: TenantId, at: datetime, longest: timedelta
) -> tuple[RunIdentity, str]:
    """Return the identity of a step and its token, which nobody can tell again."""
    token = f"{RUN_MARK}{secrets.token_urlsafe(32)}"
    identity = RunIdentity(
        id=new_id(),
        tenant_id=tenant,
        key=order.key,
        digest=hashlib.sha256(token.encode()).hexdigest(),
        operation_id=order.operation_id,
        project_id=order.project_id,
        project=order.project,
        environment=order.environment,
        step=order.step,
        created_at=at,
        expires_at=at + min(order.lifetime, longest),
    )
    return identity, token


def run_digest(token: str) -> str | None:
    """Return what a step's token is found by; None: it has another form."""
    if not _FORM.fullmatch(token):
        return None
    return hashlib.sha256(token.encode()).hexdigest()
