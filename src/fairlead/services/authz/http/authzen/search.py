"""`/access/v1/search/...`: subjects, resources and actions, in pages."""

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Annotated, Any

import msgspec
from litestar import Controller, post
from msgspec import Meta, Struct

from fairlead.adapters.http.injection import FromDishka, inject
from fairlead.kernel.paging import MAX_LIMIT, BadPage, PageRequest
from fairlead.kernel.principal import Principal
from fairlead.services.authz.domain.entities import USER as USERS
from fairlead.services.authz.http.authzen.messages import (
    ACTION,
    PERMISSION,
    PROJECT,
    PROJECT_ID,
    RESOURCE,
    SUBJECT,
    USER,
    ActionBody,
    Properties,
    ResourceBody,
    SubjectBody,
    bad_request,
    json_like,
)
from fairlead.services.authz.use_cases.evaluations import (
    SearchActions,
    SearchResources,
    SearchSubjects,
)

USUAL = 50
DIGITS = 16
PAGE = {"limit": 20}
SUBJECTS = json_like(
    subject={"type": "user"}, action=ACTION, resource=RESOURCE, page=PAGE
)
RESOURCES = json_like(
    subject=SUBJECT, action=ACTION, resource={"type": "project"}, page=PAGE
)
ACTIONS = json_like(subject=SUBJECT, resource=RESOURCE, page=PAGE)


class WantedPageBody(Struct, kw_only=True):
    """Which page is wanted: `token` is the `next_token` of the one before."""

    token: str | None = None
    limit: Annotated[int, Meta(ge=1, examples=[50])] = USUAL


class KindBody(Struct, kw_only=True):
    """Which kind of subject or resource is looked for; an `id` is ignored."""

    type: Annotated[str, USER]


class ResourceKindBody(Struct, kw_only=True):
    """Which kind of resource is looked for; an `id` is ignored."""

    type: Annotated[str, PROJECT]


class Search(Struct, kw_only=True):
    """What all searches may say."""

    context: Properties = None
    page: WantedPageBody | None = None

    def request(self) -> PageRequest:
        """Return the page that is wanted.

        Raises:
            Refused: the token is none, or of another search.
        """
        page = self.page or WantedPageBody()
        limit = min(page.limit, MAX_LIMIT)
        if not page.token:
            return PageRequest(limit=limit)
        try:
            padded = page.token.encode("ascii") + b"=" * (-len(page.token) % 4)
            digest, after = msgspec.json.decode(
                urlsafe_b64decode(padded), type=tuple[str, str]
            )
        except (ValueError, msgspec.DecodeError) as error:
            raise bad_request("The page token is none of ours.") from error
        if digest != self._digest():
            raise bad_request("The page token is that of another search.")
        return PageRequest(limit=limit, after=after)

    def shown(self, results: list[Any], following: str | None) -> "FoundPageBody":
        """Return how the page is described."""
        token = ""
        if following is not None:
            pair = msgspec.json.encode((self._digest(), following))
            token = urlsafe_b64encode(pair).decode().rstrip("=")
        return FoundPageBody(next_token=token, count=len(results))

    def _digest(self) -> str:
        """Return a digest of all but the token."""
        asked: dict[str, Any] = msgspec.to_builtins(self)
        asked["page"] = (self.page or WantedPageBody()).limit
        data = msgspec.json.encode(asked, order="sorted")
        return hashlib.sha256(data).hexdigest()[:DIGITS]


class SubjectSearchBody(Search, kw_only=True):
    """Who may do the action to the resource?"""

    subject: KindBody
    action: ActionBody
    resource: ResourceBody


class ResourceSearchBody(Search, kw_only=True):
    """To what may the subject do the action?"""

    subject: SubjectBody
    action: ActionBody
    resource: ResourceKindBody


class ActionSearchBody(Search, kw_only=True):
    """What may the subject do to the resource?"""

    subject: SubjectBody
    resource: ResourceBody


class FoundPageBody(Struct, kw_only=True):
    """Where the search goes on: an empty `next_token` is its end."""

    next_token: Annotated[str, Meta(examples=[""])]
    count: int


class FoundSubject(Struct, kw_only=True):
    """A user; `properties.name` is what people call them."""

    type: Annotated[str, USER]
    id: Annotated[str, PROJECT_ID]
    properties: Annotated[dict[str, str], Meta(examples=[{"name": "ada"}])]


class FoundResource(Struct, kw_only=True):
    """A resource, as an evaluation takes it."""

    type: Annotated[str, PROJECT]
    id: Annotated[str, PROJECT_ID]


class FoundAction(Struct, kw_only=True):
    """A permission."""

    name: Annotated[str, PERMISSION]


class SubjectsBody(Struct, kw_only=True):
    """Who may."""

    page: FoundPageBody
    results: list[FoundSubject]


class ResourcesBody(Struct, kw_only=True):
    """To what they may."""

    page: FoundPageBody
    results: list[FoundResource]


class ActionsBody(Struct, kw_only=True):
    """What they may."""

    page: FoundPageBody
    results: list[FoundAction]


class SearchController(Controller):
    """Searches as the AuthZEN Authorization API 1.0 asks."""

    path = "/access/v1/search"
    tags = ("authzen",)

    @post("/subject", status_code=200)
    @inject
    async def subject(
        self,
        data: Annotated[SubjectSearchBody, SUBJECTS],
        who: FromDishka[Principal],
        search: FromDishka[SearchSubjects],
    ) -> SubjectsBody:
        """Find the users who may do an action to a resource (AuthZEN 1.0)."""
        question = (data.action.name, data.resource.entity())
        try:
            found = await search(who, data.subject.type, question, data.request())
        except BadPage as error:
            raise bad_request(error.message) from error
        results = [
            FoundSubject(
                type=USERS,
                id=str(each.user_id),
                properties={"name": each.user_name},
            )
            for each in found.items
        ]
        return SubjectsBody(page=data.shown(results, found.next), results=results)

    @post("/resource", status_code=200)
    @inject
    async def resource(
        self,
        data: Annotated[ResourceSearchBody, RESOURCES],
        who: FromDishka[Principal],
        search: FromDishka[SearchResources],
    ) -> ResourcesBody:
        """Find the resources to which a subject may do an action (AuthZEN 1.0)."""
        question = (data.action.name, data.resource.type)
        try:
            found = await search(who, data.subject.entity(), question, data.request())
        except BadPage as error:
            raise bad_request(error.message) from error
        results = [FoundResource(type=each.type, id=each.id) for each in found.items]
        return ResourcesBody(page=data.shown(results, found.next), results=results)

    @post("/action", status_code=200)
    @inject
    async def action(
        self,
        data: Annotated[ActionSearchBody, ACTIONS],
        who: FromDishka[Principal],
        search: FromDishka[SearchActions],
    ) -> ActionsBody:
        """Find what a subject may do to a resource (AuthZEN 1.0)."""
        subject, resource = data.subject.entity(), data.resource.entity()
        found = await search(who, subject, resource, data.request())
        results = [FoundAction(name=each) for each in found.items]
        return ActionsBody(page=data.shown(results, found.next), results=results)
