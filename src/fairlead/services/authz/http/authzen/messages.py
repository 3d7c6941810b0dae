"""The messages of AuthZEN 1.0; members we do not know are ignored, as it demands."""

from typing import Annotated, Any, Literal, Self

from litestar.enums import RequestEncodingType
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg
from msgspec import Meta, Struct

from fairlead.adapters.http.problems import Refused
from fairlead.services.authz.domain.entities import Entity
from fairlead.services.authz.use_cases.evaluations import Answer, Question

JSON = RequestEncodingType.JSON
USER = Meta(examples=["user"])
NAME = Meta(examples=["ada"])
PERMISSION = Meta(examples=["projects.project.read"])
PROJECT = Meta(examples=["project"])
PROJECT_ID = Meta(examples=["0198f1c2-7d3a-7c41-9b1e-2f6d8a4c5e70"])
NO_CONTEXT = Meta(examples=[{}])
MAX_EVALUATIONS = 1_000
Properties = Annotated[dict[str, Any] | None, NO_CONTEXT]
Semantic = Literal["execute_all", "deny_on_first_deny", "permit_on_first_permit"]
UNTIL: dict[Semantic, bool | None] = {
    "execute_all": None,
    "deny_on_first_deny": False,
    "permit_on_first_permit": True,
}


class SubjectBody(Struct, kw_only=True):
    """Who: a `user` by name or id, or the calling `api_key` or `run` by its id."""

    type: Annotated[str, USER]
    id: Annotated[str, NAME]
    properties: Properties = None

    def entity(self) -> Entity:
        """Return it in our words."""
        return Entity(type=self.type, id=self.id)


class ActionBody(Struct, kw_only=True):
    """What: a permission."""

    name: Annotated[str, PERMISSION]
    properties: Properties = None


class ResourceBody(Struct, kw_only=True):
    """On what: a `tenant`, a `project` or an `environment`."""

    type: Annotated[str, PROJECT]
    id: Annotated[str, PROJECT_ID]
    properties: Properties = None

    def entity(self) -> Entity:
        """Return it in our words."""
        return Entity(type=self.type, id=self.id)


class OptionsBody(Struct, kw_only=True):
    """How several evaluations are made."""

    evaluations_semantic: Annotated[Semantic, Meta(examples=["execute_all"])] = (
        "execute_all"
    )


class PartBody(Struct, kw_only=True):
    """One of several evaluations; what is missing is taken from around it."""

    subject: SubjectBody | None = None
    action: ActionBody | None = None
    resource: ResourceBody | None = None
    context: Properties = None


class EvaluationBody(Struct, kw_only=True):
    """May the subject do the action to the resource?"""

    subject: SubjectBody
    action: ActionBody
    resource: ResourceBody
    context: Properties = None

    def question(self) -> Question:
        """Return it in our words."""
        return Question(
            subject=self.subject.entity(),
            action=self.action.name,
            resource=self.resource.entity(),
        )


class EvaluationsBody(PartBody, kw_only=True):
    """Several evaluations, and what they have in common; without any, it is one."""

    evaluations: list[PartBody] = []
    options: OptionsBody | None = None

    def questions(self) -> list[Question]:
        """Return them in our words.

        Raises:
            Refused: there are too many, or one lacks something.
        """
        if len(self.evaluations) > MAX_EVALUATIONS:
            raise bad_request(f"Send at most {MAX_EVALUATIONS} evaluations.")
        return [
            self._question(part, f"evaluations[{place}]")
            for place, part in enumerate(self.evaluations)
        ] or [self._question(self, "The request")]

    def until(self) -> bool | None:
        """Return the decision after which nothing more is to be evaluated."""
        return UNTIL[self.options.evaluations_semantic] if self.options else None

    def _question(self, part: PartBody, place: str) -> Question:
        subject = part.subject or self.subject
        action = part.action or self.action
        resource = part.resource or self.resource
        if subject is None or action is None or resource is None:
            raise bad_request(f"{place} lacks a subject, an action or a resource.")
        return Question(
            subject=subject.entity(), action=action.name, resource=resource.entity()
        )


class FailureBody(Struct, kw_only=True):
    """Why one evaluation could not be made as asked."""

    status: Annotated[int, Meta(examples=[404])]
    message: Annotated[str, Meta(examples=["There is no project of this id."])]


class ContextBody(Struct, kw_only=True, omit_defaults=True):
    """Why it was decided so: for administrators, and for the user."""

    reason_admin: Annotated[
        dict[str, str], Meta(examples=[{"en": "There is no project of this id."}])
    ]
    reason_user: Annotated[
        dict[str, str] | None, Meta(examples=[{"en": "Ask an administrator."}])
    ] = None
    error: FailureBody | None = None


class AnswerBody(Struct, kw_only=True):
    """Whether the subject may."""

    decision: Annotated[bool, Meta(examples=[False])]
    context: ContextBody

    @classmethod
    def of(cls, answer: Answer, action: str) -> Self:
        """Say in `context` why."""
        context = ContextBody(reason_admin={"en": answer.reason})
        if not answer.allowed:
            context.reason_user = {
                "en": f"You need the permission {action[:100]} for this; "
                "ask an administrator."
            }
        if answer.unknown:
            context.error = FailureBody(status=404, message=answer.reason)
        return cls(decision=answer.allowed, context=context)


class AnswersBody(Struct, kw_only=True, omit_defaults=True):
    """The answers in the order of the evaluations; of a single one, its decision."""

    evaluations: list[AnswerBody] | None = None
    decision: Annotated[bool | None, Meta(examples=[False])] = None
    context: ContextBody | None = None


SUBJECT = {"type": "user", "id": "ada"}
ACTION = {"name": "projects.project.read"}
RESOURCE = {"type": "project", "id": "0198f1c2-7d3a-7c41-9b1e-2f6d8a4c5e70"}
TENANT = {"type": "tenant", "id": "/"}


def json_like(**example: Any) -> BodyKwarg:
    """Return what says of a body that it is JSON, and what it may be."""
    return BodyKwarg(media_type=JSON, examples=[Example(value=example)])


def bad_request(title: str) -> Refused:
    """Return the refusal of a request that is not as the specification says."""
    return Refused(400, "authzen.bad_request", title)
