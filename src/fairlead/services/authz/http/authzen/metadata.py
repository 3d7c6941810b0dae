"""`/.well-known/authzen-configuration`: where the decision point is."""

from typing import Annotated, Any

from litestar import Controller, Request, get
from msgspec import Meta, Struct

HERE = "https://fairlead.example.com"


class MetadataBody(Struct, kw_only=True):
    """The decision point and its addresses."""

    policy_decision_point: Annotated[str, Meta(examples=[HERE])]
    access_evaluation_endpoint: Annotated[
        str, Meta(examples=[f"{HERE}/access/v1/evaluation"])
    ]
    access_evaluations_endpoint: Annotated[
        str, Meta(examples=[f"{HERE}/access/v1/evaluations"])
    ]
    search_subject_endpoint: Annotated[
        str, Meta(examples=[f"{HERE}/access/v1/search/subject"])
    ]
    search_resource_endpoint: Annotated[
        str, Meta(examples=[f"{HERE}/access/v1/search/resource"])
    ]
    search_action_endpoint: Annotated[
        str, Meta(examples=[f"{HERE}/access/v1/search/action"])
    ]


class MetadataController(Controller):
    """Describes the decision point, under the name it was asked by."""

    path = "/.well-known/authzen-configuration"
    tags = ("authzen",)

    @get()
    async def metadata(self, request: Request[Any, Any, Any]) -> MetadataBody:
        """Tell where the AuthZEN Authorization API is."""
        here = f"{request.base_url.scheme}://{request.base_url.netloc}"
        return MetadataBody(
            policy_decision_point=here,
            access_evaluation_endpoint=f"{here}/access/v1/evaluation",
            access_evaluations_endpoint=f"{here}/access/v1/evaluations",
            search_subject_endpoint=f"{here}/access/v1/search/subject",
            search_resource_endpoint=f"{here}/access/v1/search/resource",
            search_action_endpoint=f"{here}/access/v1/search/action",
        )
