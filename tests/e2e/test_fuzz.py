"""Generated requests to every operation of the OpenAPI document, as the administrator.

Answers are what the document says: their status, their media type and their body.
"""

import http.client
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from fairlead.testing.people import Person
from fairlead.testing.server import (
    PASSWORD,
    TestServer,
    eventually,
    make_repository,
    test_server,
)

MORE = os.environ.get("FAIRLEAD_FUZZ_EXAMPLES", "")
EXAMPLES = int(MORE or "10")
CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,  # the last: of streams each event has its own
]
STREAM = "text/event-stream"
CONFIGURATION = """version: 1
build:
  steps:
    - {name: bundle, run: "mkdir -p out && echo hello > out/index.html"}
  outputs:
    - {name: site, type: directory, path: out}
"""


@dataclass
class Caller:
    """Sends cases as the administrator, who logs in again when a case logged out."""

    url: str
    person: Person
    known: Mapping[str, Any]
    session: requests.Session = field(default_factory=requests.Session)

    def check(self, case: schemathesis.Case[Any]) -> None:
        """Send `case`; raise when the answer is not as the document has it."""
        answer = self.send(case)
        if answer.status_code == http.client.UNAUTHORIZED and asks(case):
            self.person.stay()
            answer = self.send(case)
        fault = answer.status_code >= http.client.INTERNAL_SERVER_ERROR
        assert not fault or answer.status_code == http.client.SERVICE_UNAVAILABLE
        stream = STREAM in str(answer.headers.get("content-type"))
        case.validate_response(answer, checks=CHECKS[: -1 if stream else None])

    def send(self, case: schemathesis.Case[Any]) -> Any:
        token = {"Authorization": f"Bearer {self.person.token}"}
        return case.call(
            base_url=self.url, session=self.session, headers=token, timeout=60
        )


def asks(case: schemathesis.Case[Any]) -> bool:
    """Tell whether the operation asks who is calling."""
    return bool(case.operation.definition.raw["x-permission"] != "public")


@pytest.fixture(scope="module")
def caller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    """The caller of a server with some of what the document's examples name."""
    folder: Path = tmp_path_factory.mktemp("fuzz")
    (folder / "server").mkdir()
    unlimited = {"FAIRLEAD_HTTP__REQUESTS_PER_SECOND": "0"}
    with test_server(folder / "server", **unlimited) as server:
        known = made(server, folder / "repository")
        yield Caller(server.url, Person(server.port, "admin").log_in(), known)


def made(server: TestServer, folder: Path) -> dict[str, Any]:
    """Make a user, a project with a run that has ended, and a schedule."""
    admin = Person(server.port, "admin").log_in()

    def post(path: str, body: Mapping[str, Any]) -> Any:
        told = admin.call("POST", f"/api/v1/{path}", body)
        assert told.status < http.client.BAD_REQUEST, told
        return told.json()

    repository = make_repository(folder, {".fairlead.yaml": CONFIGURATION})
    post("users", {"name": "ada", "password": PASSWORD})
    post("projects", {"name": "shop", "repository": str(repository)})
    run = post("projects/shop/runs", {})
    binding = post("bindings", {"user": "ada", "role": "viewer"})
    cron = {"cron": "0 3 * * *", "name": "nightly"}
    schedule = {**cron, "kind": "pipelines.run", "project": "shop"}

    def ended() -> bool:
        state = admin.call("GET", f"/api/v1/runs/{run['id']}").json()["state"]
        return state not in {"queued", "running"}

    eventually(ended, "the run ended")
    return {
        "name": "ada",
        "user": "ada",
        "project": "shop",
        "run": run["id"],
        "number": run["number"],
        "operation": run["operation_id"],
        "artifact": "site",
        "role": "viewer",
        "binding": binding["id"],
        "schedule": post("operations/schedules", schedule)["id"],
    }


def operations(caller: Caller) -> list[Any]:
    """Return the document's operations; what removes or locks out comes last."""
    document = json.loads(requests.get(f"{caller.url}/openapi.json", timeout=60).text)
    schema = schemathesis.openapi.from_dict(document)
    found = [each.ok() for each in schema.get_all_operations() if isinstance(each, Ok)]
    return sorted(found, key=lambda each: ("/auth/log" in each.path, rank(each)))


def rank(operation: Any) -> bool:
    return bool(operation.method.lower() == "delete")


def test_answers_are_what_the_document_says(
    caller: Caller, subtests: pytest.Subtests
) -> None:
    for operation in operations(caller):
        with subtests.test(operation.label):
            generated(caller, operation)


def generated(caller: Caller, operation: Any) -> None:
    """Send what is generated for one operation, half of it about what exists."""

    @settings(
        max_examples=EXAMPLES,
        derandomize=not MORE,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(), exists=st.booleans())
    def send(case: schemathesis.Case[Any], exists: bool) -> None:
        for name in case.path_parameters or ():
            if exists and name in caller.known:
                case.path_parameters[name] = caller.known[name]
        caller.check(case)

    try:
        send()
    except (Failure, FailureGroup) as error:
        pytest.fail(str(error))
