"""What the AuthZEN Authorization API 1.0 asks, answered as everything else here."""

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass

from fairlead.kernel.paging import Page, PageRequest
from fairlead.kernel.principal import Principal
from fairlead.services.authz.domain.entities import (
    ENVIRONMENT,
    PROJECT,
    TENANT,
    USER,
    Entity,
    id_in,
    is_self,
    resource_of,
    scope_of,
)
from fairlead.services.authz.permissions import DECISION_READ
from fairlead.services.authz.public import (
    ROOT,
    Authorizer,
    Capable,
    EnvironmentPlaces,
    ProjectPlaces,
)
from fairlead.services.authz.use_cases.decisions import ListCapable
from fairlead.services.authz.use_cases.explain import ReadRights, Rights
from fairlead.services.identity.public import Directory, User, UserNotFound

LOOKED_AT = 5
"""Pages of resources that one search looks at before it answers with what it has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """May the subject do this to the resource?"""

    subject: Entity
    action: str
    resource: Entity


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Whether, and why.

    Attributes:
        unknown: What the question names is not there.
    """

    allowed: bool
    reason: str
    unknown: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSubjects:
    """Reads what the subjects of questions have."""

    authorizer: Authorizer
    directory: Directory
    rights: ReadRights

    async def __call__(self, who: Principal, subject: Entity, on: str) -> Rights | None:
        """Return what a subject has; None: there is none.

        Raises:
            NotAllowed: it is another than `who`, who may not see decisions in `on`.
        """
        if is_self(subject, who):
            return await self.rights.of(who)
        await self.authorizer.require(who, DECISION_READ, on=on)
        user = await self._user(subject)
        return None if user is None else await self.rights.of_user(user)

    async def _user(self, subject: Entity) -> User | None:
        """Return the user a subject is; None, too, where it could be either of two.

        Somebody may be called what is the id of another; whoever decides by what a
        caller sent must not take one for the other.
        """
        if subject.type != USER:
            return None
        named = await self._found(self.directory.find(subject.id))
        user_id = id_in(subject.id)
        if user_id is None:
            return named
        found = await self._found(self.directory.get(user_id))
        return None if found and named and found.id != named.id else found

    async def _found(self, looking: Awaitable[User]) -> User | None:
        try:
            return await looking
        except UserNotFound:
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluate:
    """Answer questions in order."""

    subjects: ReadSubjects

    async def __call__(
        self,
        who: Principal,
        questions: Sequence[Question],
        *,
        until: bool | None = None,
    ) -> list[Answer]:
        """Return an answer to each, up to the first that is `until`, with it.

        Raises:
            NotAllowed: a subject is another than `who`, who may not see decisions.
        """
        seen: dict[tuple[Entity, str], Rights | None] = {}
        answers: list[Answer] = []
        for question in questions:
            answers.append(await self._answer(who, question, seen))
            await asyncio.sleep(0)  # policies take their time: let others in between
            if answers[-1].allowed is until:
                break
        return answers

    async def _answer(
        self,
        who: Principal,
        question: Question,
        seen: dict[tuple[Entity, str], Rights | None],
    ) -> Answer:
        scope = scope_of(question.resource, who.tenant_id)
        key = (question.subject, scope or ROOT)
        if key not in seen:
            seen[key] = await self.subjects(who, *key)
        rights = seen[key]
        if rights is None:
            return _unknown(f"There is no {question.subject.type} of this id.")
        if scope is None:
            return _unknown(f"There is no {question.resource.type} of this id.")
        if question.action not in rights.roles.declared:
            return _unknown(f"No module declares the permission {question.action}.")
        decision = rights.decide(question.action, scope)
        return Answer(allowed=decision.allowed, reason=decision.reason)


def _unknown(reason: str) -> Answer:
    return Answer(allowed=False, reason=reason[:300], unknown=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchSubjects:
    """Find who may do something to a resource."""

    authorizer: Authorizer
    capable: ListCapable

    async def __call__(
        self,
        who: Principal,
        kind: str,
        question: tuple[str, Entity],
        page: PageRequest,
    ) -> Page[Capable]:
        """Return the subjects of a kind who may do an action to a resource, by name.

        Raises:
            NotAllowed: `who` may not see decisions there.
        """
        action, resource = question
        scope = scope_of(resource, who.tenant_id)
        await self.authorizer.require(who, DECISION_READ, on=scope or ROOT)
        declared = (await self.capable.rights.blank(who)).roles.declared
        if kind != USER or scope is None or action not in declared:
            return Page(items=())
        return await self.capable(who, action, page, on=scope)


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchActions:
    """Find what somebody may do to a resource."""

    subjects: ReadSubjects

    async def __call__(
        self, who: Principal, subject: Entity, resource: Entity, page: PageRequest
    ) -> Page[str]:
        """Return the permissions in order.

        Raises:
            NotAllowed: the subject is not `who`, who may not see decisions there.
        """
        scope = scope_of(resource, who.tenant_id)
        rights = await self.subjects(who, subject, scope or ROOT)
        if rights is None or scope is None:
            return Page(items=())
        found: list[str] = []
        for permission in sorted(rights.roles.declared):
            await asyncio.sleep(0)
            if permission > (page.after or "") and (
                rights.decide(permission, scope).allowed
            ):
                found.append(permission)
            if len(found) > page.limit:
                return Page(items=tuple(found[:-1]), next=found[-2])
        return Page(items=tuple(found))


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchResources:
    """Find to what somebody may do something."""

    subjects: ReadSubjects
    projects: ProjectPlaces
    environments: EnvironmentPlaces

    async def __call__(
        self,
        who: Principal,
        subject: Entity,
        question: tuple[str, str],
        page: PageRequest,
    ) -> Page[Entity]:
        """Return the resources to which a subject may do an action, of one kind.

        A page may hold fewer than asked for and still not be the last.

        Raises:
            NotAllowed: the subject is not `who`, who may not see decisions everywhere.
        """
        action, kind = question
        rights = await self.subjects(who, subject, ROOT)
        if rights is None or action not in rights.roles.declared:
            return Page(items=())
        found: list[Entity] = []
        after, looks = page.after, 0
        while not found and looks < LOOKED_AT:
            places = await self._places(
                kind, PageRequest(limit=page.limit, after=after)
            )
            found += [
                resource_of(scope, who.tenant_id)
                for scope in places.items
                if rights.decide(action, scope).allowed
            ]
            after, looks = places.next, looks + 1
            if after is None:
                break
        return Page(items=tuple(found), next=after)

    async def _places(self, kind: str, page: PageRequest) -> Page[str]:
        if kind == PROJECT:
            return await self.projects.scopes(page)
        if kind == ENVIRONMENT:
            return await self.environments.scopes(page)
        return Page(items=(ROOT,) if kind == TENANT else ())
