"""The OpenAPI document of the whole server."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from fairlead.testing.server import TestServer


@pytest.fixture
def document(server: TestServer) -> dict[str, Any]:
    whole: dict[str, Any] = json.loads(server.fetch(f"{server.url}/openapi.json"))
    return whole


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method in {"get", "post", "put", "patch", "delete"}:
                yield f"{method} {path}", operation


def test_every_body_has_an_example(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    for name, operation in operations(document):
        bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
        for body in bodies:
            for kind, media in body.get("content", {}).items():
                if media.get("schema"):
                    assert "example" in media, (name, kind)


def test_failures_are_problem_details(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        for status, answer in operation["responses"].items():
            if status >= "400" and "ready" not in name:
                assert set(answer["content"]) == {"application/problem+json"}, name


def test_streams_can_be_resumed(document: dict[str, Any]) -> None:
    logs = document["paths"]["/api/v1/runs/{run}/logs"]["get"]
    assert "text/event-stream" in logs["responses"]["200"]["content"]
    assert "Last-Event-ID" in {entry["name"] for entry in logs["parameters"]}


def test_starting_work_takes_an_idempotency_key(document: dict[str, Any]) -> None:
    start = document["paths"]["/api/v1/projects/{project}/runs"]["post"]
    assert "Idempotency-Key" in {entry["name"] for entry in start["parameters"]}


def test_who_may_call_is_said(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        assert operation["x-permission"], name
    login = document["paths"]["/api/v1/auth/login"]["post"]
    assert login["security"] == []
