"""The bodies of requests: what they may be, and what becomes of those that are not."""

from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.enums import RequestEncodingType
from litestar.exceptions import ClientException
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.params import BodyKwarg
from typing_extensions import override

from fairlead.adapters.http.problems import Refused

JSON = "application/json"


class BodyRequest(Request[Any, Any, Any]):
    """A request whose body may be anything at all."""

    @override
    async def json(self) -> Any:
        try:
            return await super().json()
        except RecursionError as error:
            raise ClientException("The body is nested too deeply.") from error


def check_media_type(
    connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
) -> None:
    """Refuse a body of another kind than the route takes; most take JSON.

    Other kinds can be sent by a page of another site without asking first.

    Raises:
        Refused: the body is of another kind.
    """
    headers = connection.headers
    if headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers:
        return
    given = headers.get("content-type", "").partition(";")[0].strip().lower()
    wanted = _wanted(handler)
    if given == wanted or (wanted == JSON and _is_json(given)):
        return
    raise Refused(
        415,
        "http.unsupported_media_type",
        f"Send {wanted}, and say so in the header Content-Type.",
    )


def _is_json(kind: str) -> bool:
    return kind.startswith("application/") and kind.endswith("+json")


def _wanted(handler: BaseRouteHandler) -> str:
    data = handler.parsed_data_field if isinstance(handler, HTTPRouteHandler) else None
    kwarg = None if data is None else data.kwarg_definition
    kind = kwarg.media_type if isinstance(kwarg, BodyKwarg) else JSON
    return kind.value if isinstance(kind, RequestEncodingType) else str(kind)
