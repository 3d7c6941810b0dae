"""Examples for the OpenAPI document, made from the schemas by type and by name."""

from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]
DEPTH = 9

BY_NAME: Mapping[str, Any] = {
    "access_token": "eyJhbGciOiJFZDI1NTE5IiwidHlwIjoiYXQrand0In0.e30.c2ln",
    "action": "projects.project.create",
    "actor": "ada",
    "actor_kind": "user",
    "address": "203.0.113.7",
    "alg": "Ed25519",
    "artifact": "wheel",
    "branch": "main",
    "broken_at": None,
    "code": "projects.not_found",
    "command": "python -m hello",
    "commit": "9f31c2e04b7d5a86c1d2e3f405162738495a6b7c",
    "cron": "0 3 * * *",
    "crv": "Ed25519",
    "digest": "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "environment": "dev",
    "events": "projects.project.deleted",
    "filename": "hello-1.0-py3-none-any.whl",
    "health": "/healthz",
    "host": "127.0.0.1",
    "kid": "0198f1c2",
    "kind": "pipelines.run",
    "kty": "OKP",
    "meaning": "Start runs",
    "message": "The step unit ended with exit code 1.",
    "method": "GET",
    "name": "shop",
    "next": None,
    "number": 12,
    "old": "the old password of ada",
    "outcome": "done",
    "password": "correct horse battery staple",
    "path": "/api/v1/projects",
    "permission": "projects.project.read",
    "permissions": "projects.project.read",
    "principal_name": "ada",
    "project": "shop",
    "reason": "",
    "refresh_token": "k3VbP0hLk9s2wQb4t1uXyA7mZ8cN5dE6fG0hJ1kL2m4",
    "repository": "https://git.example.com/shop.git",
    "requested_by": "ada",
    "revision": "main",
    "role": "developer",
    "scope": "/",
    "size": 48213,
    "state": "succeeded",
    "stream": "build/compile",
    "subject": "shop/12",
    "summary": "Build, run and deploy",
    "target": "projects/0198f1c2-7d3a-7c41-9b1e-2f6d8a4c5e70",
    "time_zone": "Europe/Berlin",
    "title": "Charge retries with jitter",
    "type": "wheel",
    "url": "http://127.0.0.1:20000",
    "urls": "http://127.0.0.1:20000",
    "use": "sig",
    "user": "ada",
    "user_agent": "fairlead",
    "username": "ada",
    "version": "1.0.0",
    "workflow": "pipelines.run",
    "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
}
BY_FORMAT: Mapping[str, Any] = {
    "uuid": "0198f1c2-7d3a-7c41-9b1e-2f6d8a4c5e70",
    "date-time": "2026-11-29T14:02:11Z",
    "duration": "PT1M52S",
    "uri": "http://127.0.0.1:20000",
}
BY_TYPE: Mapping[str, Any] = {
    "string": "text",
    "integer": 1,
    "number": 1.5,
    "boolean": True,
    "null": None,
}


def example(schema: Schema, components: Mapping[str, Schema]) -> Any:
    """Return a value that fits `schema`, with the field's usual words in it."""
    return _value(schema, components, "", 0)


def _value(
    schema: Schema, components: Mapping[str, Schema], name: str, depth: int
) -> Any:
    whole, schema = schema, _resolved(schema, components)
    for said in (whole, schema):
        if said.get("examples"):
            return said["examples"][0]
    if "enum" in schema:
        usual = BY_NAME.get(name)
        return usual if usual in schema["enum"] else schema["enum"][0]
    kinds = schema.get("type")
    if isinstance(kinds, list | tuple):
        kinds = next((kind for kind in kinds if kind != "null"), "null")
    kind = str(kinds)
    if kind == "object" or "properties" in schema:
        return _object(schema, components, depth)
    if kind == "array":
        item = _value(schema.get("items", {}), components, name, depth + 1)
        return [item] if depth < DEPTH else []
    return _scalar(schema, kind, name)


def _scalar(schema: Schema, kind: str, name: str) -> Any:
    if schema.get("format") in BY_FORMAT:
        return BY_FORMAT[schema["format"]]
    if name in BY_NAME and _fits(BY_NAME[name], kind):
        return BY_NAME[name]
    return schema.get("default", schema.get("const", BY_TYPE.get(kind)))


def _object(schema: Schema, components: Mapping[str, Schema], depth: int) -> Any:
    if depth >= DEPTH:
        return {}
    return {
        name: _value(below, components, name, depth + 1)
        for name, below in schema.get("properties", {}).items()
    }


def _resolved(schema: Schema, components: Mapping[str, Schema]) -> Schema:
    if "$ref" in schema:
        return components[schema["$ref"].rsplit("/", 1)[1]]
    for choice in ("oneOf", "anyOf", "allOf"):
        for one in schema.get(choice, ()):
            if one.get("type") != "null":
                return _resolved(one, components)
    return schema


def _fits(value: object, kind: str) -> bool:
    if value is None:
        return True
    if kind == "number":
        return isinstance(value, int | float)
    return isinstance(value, {"string": str, "integer": int}.get(kind, object))
