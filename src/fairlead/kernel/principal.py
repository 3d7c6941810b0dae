"""Who is acting, for which tenant, and from where."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NewType
from uuid import UUID

TenantId = NewType("TenantId", UUID)

DEFAULT_TENANT = TenantId(UUID("00000000-0000-7000-8000-000000000001"))


class PrincipalKind(StrEnum):
    """What sort of caller this is."""

    ANONYMOUS = "anonymous"
    USER = "user"
    API_KEY = "api_key"
    SERVICE = "service"
    RUN = "run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a request came from; empty for work the server does by itself."""

    address: str = ""
    user_agent: str = ""
    request_id: str = ""
    trace_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """A caller: a person, a key, a service of ours, or nobody yet.

    `SERVICE` principals are made by our own code only, never from a request; the
    authorizer lets them do anything within their tenant.
    """

    id: UUID
    name: str
    tenant_id: TenantId = DEFAULT_TENANT
    kind: PrincipalKind = PrincipalKind.USER
    session_id: UUID | None = None
    origin: Origin = field(default_factory=Origin)

    @property
    def known(self) -> bool:
        """Tell whether somebody vouched for this caller."""
        return self.kind is not PrincipalKind.ANONYMOUS


def anonymous(origin: Origin | None = None) -> Principal:
    """Return the caller nobody has vouched for."""
    return Principal(
        id=UUID(int=0),
        name="anonymous",
        kind=PrincipalKind.ANONYMOUS,
        origin=origin or Origin(),
    )


def service(name: str, tenant_id: TenantId = DEFAULT_TENANT) -> Principal:
    """Return the principal under which our own part `name` acts for a tenant."""
    return Principal(
        id=UUID(int=0), name=name, tenant_id=tenant_id, kind=PrincipalKind.SERVICE
    )
