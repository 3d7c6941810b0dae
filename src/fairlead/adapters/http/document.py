"""Completes the framework's OpenAPI document with what it cannot know.

Failures as problem details, who may call a route, headers, streams, and an example of
every body.
"""

import copy
import re
from collections.abc import Iterable, Mapping
from typing import Any

from fairlead.adapters.http.examples import example
from fairlead.adapters.http.keys import HEADER as KEY
from fairlead.kernel.module import PUBLIC, SIGNED_IN, Route

METHODS = ("get", "post", "put", "patch", "delete")
PROBLEM = "Problem"
STATUSES = {
    400: "The request does not have the form this address takes.",
    401: "No credential, or one that is not valid.",
    403: "The caller lacks the permission.",
    404: "There is no such thing, or the caller may not see it.",
    409: "It clashes with what is there; read again.",
    422: "A value breaks a rule; the title says which.",
    429: "Too many requests; `Retry-After` says when to come back.",
    503: "Something it depends on is not available; try again later.",
}
EVENTS = (
    "id: 312\nevent: output\n"
    'data: {"stream":"build/compile","at":1764424931.2,"text":"compiled\\n"}\n\n'
)
_OF_LISTS = {"limit", "after", "If-Match"}
_TYPED = re.compile(r":[a-z]+}")
_PAGE = re.compile(r"PageBody_(?:.*\.)?(\w+)Body_")


def completed(document: Mapping[str, Any], routes: Iterable[Route]) -> dict[str, Any]:
    """Return the whole document; `document` stays as it is."""
    whole = _renamed(copy.deepcopy(dict(document)))
    schemas = whole["components"]["schemas"]
    schemas[PROBLEM] = _problem_schema()
    permissions = {
        (route.method.lower(), _TYPED.sub("}", route.path)): route.permission
        for route in routes
    }
    for path, operations in whole["paths"].items():
        for method in METHODS:
            if method in operations:
                permission = permissions.get((method, path), PUBLIC)
                _complete(operations[method], method, path, permission)
                _with_examples(operations[method], schemas)
    for schema in schemas.values():
        if "properties" in schema and not schema.get("examples"):
            schema["examples"] = [example(schema, schemas)]
    return whole


def _renamed(document: dict[str, Any]) -> dict[str, Any]:
    """Give pages of things the thing's name."""
    schemas = document["components"]["schemas"]
    names = {name: _PAGE.sub(r"\1PageBody", name) for name in schemas}
    document["components"]["schemas"] = {
        names[name]: schema for name, schema in schemas.items()
    }
    renamed: dict[str, Any] = _with_refs(document, names)
    return renamed


def _with_refs(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {
            key: (
                "#/components/schemas/" + names[below.rsplit("/", 1)[1]]
                if key == "$ref" and isinstance(below, str)
                else _with_refs(below, names)
            )
            for key, below in value.items()
        }
    if isinstance(value, list):
        return [_with_refs(below, names) for below in value]
    return value


def _complete(
    operation: dict[str, Any], method: str, path: str, permission: str
) -> None:
    operation["x-permission"] = permission
    if permission == PUBLIC:
        operation["security"] = []
    responses = operation["responses"]
    responses.pop("400", None)
    for status in _statuses(operation, method, path, permission):
        responses[str(status)] = {
            "description": STATUSES[status],
            "content": {"application/problem+json": {"schema": _ref(PROBLEM)}},
        }
    parameters = operation.setdefault("parameters", [])
    if path.endswith(("/logs", "/feed")):
        _stream(operation, parameters)
    if path.endswith("/output"):
        responses["200"]["content"] = {"text/plain": {"schema": {"type": "string"}}}
    if method == "post" and "202" in responses and not path.endswith("/cancel"):
        parameters.append(
            _header(KEY, "Same key and body: the same work; other body: 409.")
        )


def _statuses(
    operation: Mapping[str, Any], method: str, path: str, permission: str
) -> Iterable[int]:
    takes = "requestBody" in operation or operation.get("parameters")
    if takes:
        yield 400
    if permission != PUBLIC or "/auth/" in path:
        yield 401
    if permission != PUBLIC and (takes or permission != SIGNED_IN):
        yield 403
    if "{" in path or (permission != PUBLIC and _names_another(operation)):
        yield 404
    if method in {"post", "put", "patch", "delete"} and "/auth/" not in path:
        yield 409
    if takes:
        yield 422
    yield 429
    yield 503


def _names_another(operation: Mapping[str, Any]) -> bool:
    """Tell whether a query or body can name something that is not there."""
    names = {entry["name"] for entry in operation.get("parameters", ())}
    return "requestBody" in operation or not names <= _OF_LISTS


def _stream(operation: dict[str, Any], parameters: list[dict[str, Any]]) -> None:
    parameters.append(_header("Last-Event-ID", "Resume after this event."))
    operation["responses"]["200"] = {
        "description": "Server-sent events: output, event, gap, end.",
        "content": {
            "text/event-stream": {"schema": {"type": "string"}, "example": EVENTS}
        },
    }


def _header(name: str, text: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": False,
        "description": text,
        "schema": {"type": "string"},
    }


def _with_examples(
    operation: dict[str, Any], schemas: Mapping[str, Mapping[str, Any]]
) -> None:
    bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
    for body in bodies:
        for media in body.get("content", {}).values():
            if media.get("schema") and "example" not in media:
                media["example"] = example(media["schema"], schemas)


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _problem_schema() -> dict[str, Any]:
    text = {"type": "string"}
    return {
        "title": PROBLEM,
        "description": "Problem details (RFC 9457); `type` and `code` are stable.",
        "type": "object",
        "required": ["type", "title", "status", "code"],
        "properties": {
            "type": {**text, "examples": ["urn:fairlead:projects.not_found"]},
            "title": {**text, "examples": ["There is no project 'shop'."]},
            "status": {"type": "integer", "examples": [404]},
            "code": {**text, "examples": ["projects.not_found"]},
            "request_id": {**text, "maxLength": 64},
        },
        "additionalProperties": True,
    }
