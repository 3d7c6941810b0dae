"""Users, roles and groups in dicts, which die when they are told to."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from typing_extensions import override

from fairlead.kernel.ids import new_id
from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import DEFAULT_TENANT, Principal, PrincipalKind
from fairlead.services.authz.public import (
    BadRole,
    Binding,
    BindingFilter,
    Group,
    GroupNotFound,
    Groups,
    HolderKind,
    Member,
    Role,
    RoleBuiltIn,
    RoleDraft,
    RoleNotFound,
    Roles,
)
from fairlead.services.identity.public import (
    Mailboxes,
    User,
    UserNameTaken,
    UserNotFound,
    Users,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DECLARED = frozenset({"pipelines.run.start", "pipelines.run.read"})
ANY = BindingFilter()


class Killed(BaseException):
    """The process died here."""


@dataclass
class Death:
    """Comes at the call `at`, before or after it."""

    at: int = -1
    after: bool = False
    calls: int = 0

    @contextmanager
    def near(self) -> Iterator[None]:
        self.calls += 1
        due = self.calls == self.at
        if due and not self.after:
            raise Killed
        yield
        if due:
            raise Killed


@dataclass
class PaperUsers(Users, Mailboxes):
    """Users by name."""

    passwords: dict[str, str] = field(default_factory=dict)
    disabled: set[str] = field(default_factory=set)
    emails: dict[str, str] = field(default_factory=dict)
    death: Death = field(default_factory=Death)

    def _user(self, name: str) -> User:
        if name not in self.passwords:
            raise UserNotFound(f"There is no user '{name}'.")
        return User(
            id=UUID(int=1),
            tenant_id=DEFAULT_TENANT,
            name=name,
            disabled=name in self.disabled,
            created_at=NOW,
            email=self.emails.get(name),
        )

    @override
    async def create(self, who: Principal, name: str, password: str) -> User:
        assert who.kind is PrincipalKind.SERVICE
        if name in self.passwords:
            raise UserNameTaken("There is one.")
        with self.death.near():
            self.passwords[name] = password
        return self._user(name)

    @override
    async def list(self, who: Principal, page: PageRequest) -> Page[User]:
        return Page(items=tuple(self._user(name) for name in self.passwords))

    @override
    async def get(self, who: Principal, name: str) -> User:
        return self._user(name)

    @override
    async def set_disabled(self, who: Principal, name: str, *, disabled: bool) -> User:
        with self.death.near():
            (self.disabled.add if disabled else self.disabled.discard)(name)
        return self._user(name)

    @override
    async def set_password(
        self, who: Principal, name: str, password: str, *, old: str | None
    ) -> None:
        with self.death.near():
            self.passwords[name] = password

    @override
    async def give(self, who: Principal, name: str, email: str) -> bool:
        if self._user(name).email is not None:
            return False
        self.emails[name] = email
        return True


@dataclass
class PaperRoles(Roles):
    """Roles by name, and bindings."""

    users: PaperUsers
    own: dict[str, Role] = field(default_factory=dict)
    given: list[Binding] = field(default_factory=list)
    death: Death = field(default_factory=Death)

    @property
    def admins(self) -> set[str]:
        return {each.principal_name for each in self.given if each.role == "admin"}

    @override
    async def list(self, who: Principal, page: PageRequest) -> Page[Role]:
        raise NotImplementedError

    @override
    async def get(self, who: Principal, name: str) -> Role:
        if name in {"admin", "viewer"}:
            return Role(name=name, summary="", permissions=DECLARED)
        if name not in self.own:
            raise RoleNotFound(f"There is no role '{name}'.")
        return self.own[name]

    @override
    async def create(self, who: Principal, name: str, draft: RoleDraft) -> Role:
        for included in sorted(draft.includes):
            if included not in {*self.own, "admin", "viewer"}:
                raise BadRole(f"There is no role '{included}' to include.")
        if unknown := sorted(draft.permissions - DECLARED):
            raise BadRole(f"No module declares the permission '{unknown[0]}'.")
        self.own[name] = Role(
            name=name,
            summary=draft.summary,
            permissions=frozenset(draft.permissions),
            built_in=False,
            own=frozenset(draft.permissions),
            includes=frozenset(draft.includes),
        )
        return self.own[name]

    @override
    async def update(self, who: Principal, name: str, draft: RoleDraft) -> Role:
        if (await self.get(who, name)).built_in:
            raise RoleBuiltIn(f"The role '{name}' is built in.")
        return await self.create(who, name, draft)

    @override
    async def delete(self, who: Principal, name: str) -> None:
        raise NotImplementedError

    @override
    async def bindings(
        self,
        who: Principal,
        page: PageRequest,
        *,
        wanted: BindingFilter = ANY,
    ) -> Page[Binding]:
        holders = {wanted.user, wanted.group}
        found = [each for each in self.given if each.principal_name in holders]
        there = (wanted.role, wanted.scope)
        return Page(
            items=tuple(each for each in found if (each.role, each.scope) == there)
        )

    @override
    async def bind(
        self,
        who: Principal,
        holder: str,
        role: str,
        *,
        scope: str,
        kind: HolderKind = HolderKind.USER,
    ) -> Binding:
        await self.get(who, role)
        if kind is HolderKind.USER:
            await self.users.get(who, holder)
        binding = Binding(
            id=new_id(),
            principal_id=UUID(int=1),
            principal_name=holder,
            role=role,
            scope=scope,
            created_at=NOW,
            principal_kind=kind,
        )
        with self.death.near():
            self.given.append(binding)
        return binding

    @override
    async def unbind(self, who: Principal, binding_id: UUID) -> None:
        raise NotImplementedError


@dataclass
class PaperGroups(Groups):
    """Groups and who is in them, by name."""

    users: PaperUsers
    there: dict[str, Group] = field(default_factory=dict)
    inside: dict[str, list[str]] = field(default_factory=dict)

    @override
    async def list(self, who: Principal, page: PageRequest) -> Any:
        raise NotImplementedError

    @override
    async def get(self, who: Principal, name: str) -> Group:
        if name not in self.there:
            raise GroupNotFound(f"There is no group '{name}'.")
        return self.there[name]

    @override
    async def create(self, who: Principal, name: str, *, summary: str = "") -> Group:
        self.there[name] = Group(
            id=new_id(), name=name, summary=summary, members=0, created_at=NOW
        )
        return self.there[name]

    @override
    async def update(self, who: Principal, name: str, *, summary: str) -> Group:
        self.there[name] = replace(self.there[name], summary=summary)
        return self.there[name]

    @override
    async def delete(self, who: Principal, name: str) -> None:
        raise NotImplementedError

    @override
    async def members(
        self, who: Principal, name: str, page: PageRequest
    ) -> Page[Member]:
        """Return one at a time, so that somebody must turn the pages."""
        names = self.inside.get(name, [])
        start = int(page.after or 0)
        shown = names[start : start + 1]
        more = str(start + 1) if start + 1 < len(names) else None
        return Page(
            items=tuple(
                Member(user_id=UUID(int=1), user_name=each, since=NOW) for each in shown
            ),
            next=more,
        )

    @override
    async def add(self, who: Principal, name: str, user: str) -> None:
        await self.users.get(who, user)
        self.inside.setdefault(name, []).append(user)

    @override
    async def remove(self, who: Principal, name: str, user: str) -> None:
        raise NotImplementedError
