"""The AuthZEN Authorization API 1.0: its examples and its Todo scenario, over HTTP.

The scenario's people are users here, its todo lists are projects, and its actions are
permissions of projects: Rick administers, Morty and Summer develop in a project of
their own and see all, Beth and Jerry only see.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from tests.e2e.test_grpc import House, living_in

from fairlead.kernel.ids import new_id
from fairlead.kernel.principal import DEFAULT_TENANT
from fairlead.testing.server import PASSWORD

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.filterwarnings(
        "ignore::litestar.exceptions.LitestarDeprecationWarning"
    ),
]

READ, CREATE = "projects.project.read", "projects.project.create"
UPDATE, DELETE = "projects.project.update", "projects.project.delete"
VIEWERS, EDITORS = ("beth", "jerry"), ("morty", "summer")
BASE = "/access/v1"
SEARCHES = ("subject", "resource", "action")


@dataclass
class Lists:
    """The house, with a project for each editor and one for nobody."""

    house: House
    projects: dict[str, str]

    async def post(
        self, path: str, body: Any, *, user: str = "admin", **more: str
    ) -> Any:
        """Ask as a user; "": nobody."""
        headers = dict(more)
        if user:
            headers["Authorization"] = f"Bearer {self.house.tokens[user]}"
        return await self.house.web.post(f"{BASE}/{path}", json=body, headers=headers)

    async def may(self, user: str, action: str, project: str) -> bool:
        """Tell what an evaluation as the administrator says."""
        answer = await self.post("evaluation", self.question(user, action, project))
        assert answer.status_code == 200, answer.text
        decision = answer.json()["decision"]
        assert isinstance(decision, bool)
        return decision

    def question(self, user: str, action: str, project: str) -> dict[str, Any]:
        return {
            "subject": {"type": "user", "id": user},
            "action": {"name": action},
            "resource": {"type": "project", "id": self.projects[project]},
        }

    async def pages(self, what: str, body: dict[str, Any], limit: int) -> list[Any]:
        """Follow a search to its end."""
        found: list[Any] = []
        page: dict[str, Any] = {"limit": limit}
        while True:
            answer = (await self.post(f"search/{what}", {**body, "page": page})).json()
            assert answer["page"]["count"] == len(answer["results"]) <= limit
            found += answer["results"]
            if not answer["page"]["next_token"]:
                return found
            page = {"limit": limit, "token": answer["page"]["next_token"]}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lists(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Lists]:
    home: Path = tmp_path_factory.mktemp("house")
    async with living_in(home) as house:
        projects = {}
        for name in (*EDITORS, "nobodys"):
            body = {"name": name, "repository": "https://git.example.com/todo.git"}
            projects[name] = (await house.ask("/api/v1/projects", body))["id"]
        for name in ("rick", *EDITORS, *VIEWERS, "sam"):
            await house.ask("/api/v1/users", {"name": name, "password": PASSWORD})
            await house.log_in(name)
        give = [("rick", "admin", "/")]
        give += [(name, "viewer", "/") for name in (*EDITORS, *VIEWERS)]
        give += [(name, "developer", f"/projects/{projects[name]}") for name in EDITORS]
        for user, role, scope in give:
            body = {"user": user, "role": role, "scope": scope}
            await house.ask("/api/v1/bindings", body)
        yield Lists(house, projects)


async def test_the_todo_scenario_is_decided_as_it_says(lists: Lists) -> None:
    """All see everything; editors change what is theirs; who administers, all."""
    for project in (*EDITORS, "nobodys"):
        for user in ("rick", *EDITORS, *VIEWERS):
            assert await lists.may(user, READ, project)
            changes = user in {"rick", project}
            assert await lists.may(user, UPDATE, project) is changes
            assert await lists.may(user, DELETE, project) is changes
        assert not await lists.may("sam", READ, project)


async def test_an_evaluation_has_the_form_of_the_specification(lists: Lists) -> None:
    """Unknown members, properties and context are taken and ignored."""
    question = lists.question("beth", READ, "morty")
    question["subject"]["properties"] = {"department": "Sales", "ip": ["::1"]}
    question["action"]["properties"] = {"method": "GET"}
    question["context"] = {"time": "1985-10-26T01:22-07:00"}
    question["something"] = {"else": None}
    request_id = "bfe9eb29-ab87-4ca3-be83-a1d5d8305716"
    answer = await lists.post("evaluation", question, **{"X-Request-ID": request_id})
    denied = await lists.post("evaluation", lists.question("beth", DELETE, "morty"))

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-request-id"] == request_id
    assert answer.json() == {
        "decision": True,
        "context": {
            "reason_admin": {
                "en": "The role 'viewer' in /, which includes guest, gives it."
            }
        },
    }
    assert denied.json() == {
        "decision": False,
        "context": {
            "reason_admin": {
                "en": f"beth has no role that gives {DELETE} in "
                f"/projects/{lists.projects['morty']}."
            },
            "reason_user": {
                "en": f"You need the permission {DELETE} for this; "
                "ask an administrator."
            },
        },
    }


async def test_policies_take_away_and_are_named(lists: Lists) -> None:
    """In every answer: of evaluations, searches, can-i and who-can."""
    where = f"/projects/{lists.projects['summer']}"
    text = f'forbid (principal, action, resource in Scope::"{where}");'
    policy = {"name": "closed", "text": text, "permissions": [UPDATE]}
    await lists.house.ask("/api/v1/policies", policy)
    try:
        question = lists.question("summer", UPDATE, "summer")
        told = (await lists.post("evaluation", question)).json()
        able = {**question, "subject": {"type": "user"}}
        found = (await lists.post("search/subject", able)).json()
        wanted = f"permission={UPDATE}&scope={where}"
        own = await lists.house.ask(f"/api/v1/decisions/can-i?{wanted}")
        whole = await lists.house.ask(f"/api/v1/decisions/who-can?{wanted}")
    finally:
        token = f"Bearer {lists.house.tokens['admin']}"
        gone = await lists.house.web.delete(
            "/api/v1/policies/closed", headers={"Authorization": token}
        )

    assert gone.is_success
    assert not told["decision"]
    reason = told["context"]["reason_admin"]["en"]
    assert reason.startswith("The policy 'closed' forbids it; otherwise the role ")
    assert (own["allowed"], own["policy"]) == (False, "closed")
    assert found["results"] == whole["items"] == []
    assert await lists.may("summer", UPDATE, "summer")


async def test_names_ids_and_scopes_mean_the_same(lists: Lists) -> None:
    user = await lists.house.ask("/api/v1/users/morty")
    project = lists.projects["morty"]
    for subject in ("morty", user["id"]):
        for resource in (project, f"/projects/{project}"):
            question = lists.question(subject, UPDATE, "morty")
            question["resource"]["id"] = resource
            assert (await lists.post("evaluation", question)).json()["decision"]
    for kind, name, expected in (
        ("tenant", "/", True),
        ("tenant", str(DEFAULT_TENANT), True),
        ("environment", f"{project}/{new_id()}", True),
        ("todo", "1", False),
    ):
        question = {
            **lists.question("beth", READ, "morty"),
            "resource": {"type": kind, "id": name},
        }
        told = (await lists.post("evaluation", question)).json()
        assert told["decision"] is expected
        error = told["context"].get("error")
        assert (error is None) is expected
        if error:
            assert error["status"] == 404


@pytest.mark.parametrize(
    ("semantic", "decisions"),
    [
        (None, [True, False, True]),
        ("execute_all", [True, False, True]),
        ("deny_on_first_deny", [True, False]),
        ("permit_on_first_permit", [True]),
    ],
)
async def test_evaluations_share_what_they_have_in_common(
    lists: Lists, semantic: str | None, decisions: list[bool]
) -> None:
    """In the order they were asked, as far as the semantic goes."""
    resource = lists.question("morty", UPDATE, "morty")["resource"]
    body: dict[str, Any] = {
        "subject": {"type": "user", "id": "morty"},
        "action": {"name": UPDATE},
        "context": {"time": "2024-05-31T15:22-07:00"},
        "evaluations": [
            {"resource": resource},
            {"resource": {"type": "project", "id": lists.projects["summer"]}},
            {
                "action": {"name": READ},
                "resource": {"type": "project", "id": lists.projects["summer"]},
            },
        ],
    }
    if semantic:
        body["options"] = {"evaluations_semantic": semantic, "another_option": "value"}
    answer = await lists.post("evaluations", body)

    assert answer.status_code == 200
    assert set(answer.json()) == {"evaluations"}
    told = answer.json()["evaluations"]
    assert [each["decision"] for each in told] == decisions


async def test_evaluations_without_any_are_one(lists: Lists) -> None:
    question = lists.question("morty", READ, "summer")
    for body in (question, {**question, "evaluations": []}):
        told = (await lists.post("evaluations", body)).json()
        assert told["decision"] is True
        assert "evaluations" not in told


async def test_one_of_several_that_fails_is_a_no_with_its_error(lists: Lists) -> None:
    question = lists.question("morty", READ, "summer")
    odd = {"resource": {"type": "project", "id": "todo-1"}}
    told = (
        await lists.post("evaluations", {**question, "evaluations": [{}, odd]})
    ).json()

    first, second = told["evaluations"]
    assert first["decision"]
    assert not second["decision"]
    assert second["context"]["error"] == {
        "status": 404,
        "message": "There is no project of this id.",
    }


async def test_subjects_are_found_by_pages(lists: Lists) -> None:
    """Each of them is allowed when asked about, and nobody else is."""
    body = {
        "subject": {"type": "user", "id": "ignored"},
        "action": {"name": UPDATE},
        "resource": {"type": "project", "id": lists.projects["morty"]},
        "context": {"time": "2024-10-26T01:22-07:00"},
    }
    found = await lists.pages("subject", body, 1)

    assert [each["properties"]["name"] for each in found] == ["admin", "morty", "rick"]
    for each in found:
        assert each["type"] == "user"
        assert await lists.may(each["id"], UPDATE, "morty")


async def test_resources_are_found_by_pages(lists: Lists) -> None:
    question = {
        "subject": {"type": "user", "id": "morty"},
        "resource": {"type": "project", "id": "ignored"},
    }
    for action, expected in ((READ, [*EDITORS, "nobodys"]), (UPDATE, ["morty"])):
        body = {**question, "action": {"name": action}}
        found = await lists.pages("resource", body, 1)
        assert sorted(each["id"] for each in found) == sorted(
            lists.projects[name] for name in expected
        )
        assert {each["type"] for each in found} == {"project"}


async def test_actions_are_found_by_pages(lists: Lists) -> None:
    body = {
        "subject": {"type": "user", "id": "morty"},
        "resource": {"type": "project", "id": lists.projects["morty"]},
    }
    found = await lists.pages("action", body, 7)
    names = [each["name"] for each in found]

    assert names == sorted(names)
    assert {READ, UPDATE, DELETE} <= set(names)
    assert not any(name.startswith("identity.") for name in names)
    for each in found:
        assert set(each) == {"name"}
        assert await lists.may("morty", each["name"], "morty")


async def test_page_tokens_are_good_for_their_search_only(lists: Lists) -> None:
    body = {
        "subject": {"type": "user"},
        "action": {"name": READ},
        "resource": {"type": "project", "id": lists.projects["morty"]},
    }
    first = (await lists.post("search/subject", {**body, "page": {"limit": 1}})).json()
    token = first["page"]["next_token"]
    other = {**body, "action": {"name": UPDATE}}
    for asked, page in (
        (other, {"limit": 1, "token": token}),
        (body, {"limit": 2, "token": token}),
        (body, {"limit": 1, "token": "odd"}),
        (body, {"limit": 1, "token": "ä"}),
        (body, {"limit": 0}),
        (body, {"limit": "many"}),
    ):
        answer = await lists.post("search/subject", {**asked, "page": page})
        assert answer.status_code == 400, (page, answer.text)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("evaluation", {}),
        ("evaluation", []),
        ("evaluation", {"subject": {"type": "user", "id": "beth"}}),
        ("evaluation", {"subject": {"type": "user"}, "action": {}, "resource": {}}),
        (
            "evaluation",
            {
                "subject": {"type": "user", "id": 7},
                "action": {"name": READ},
                "resource": {"type": "tenant", "id": "/"},
            },
        ),
        ("evaluations", {}),
        ("evaluations", {"evaluations": [{}]}),
        ("evaluations", {"evaluations": {}}),
        (
            "evaluations",
            {
                "subject": {"type": "user", "id": "beth"},
                "action": {"name": READ},
                "resource": {"type": "tenant", "id": "/"},
                "options": {"evaluations_semantic": "some"},
            },
        ),
        *((f"search/{kind}", {}) for kind in SEARCHES),
    ],
)
async def test_malformed_requests_are_bad_requests(
    lists: Lists, path: str, body: Any
) -> None:
    answer = await lists.post(path, body)

    assert answer.status_code == 400
    assert answer.json()["title"]


async def test_too_many_evaluations_are_refused(lists: Lists) -> None:
    question = lists.question("beth", READ, "morty")
    answer = await lists.post("evaluations", {**question, "evaluations": [{}] * 1001})

    assert answer.status_code == 400


async def test_bodies_that_are_no_json_are_refused(lists: Lists) -> None:
    web, token = lists.house.web, lists.house.tokens["admin"]
    headers = {"Authorization": f"Bearer {token}"}
    broken = await web.post(
        f"{BASE}/evaluation",
        content=b'{"subject":',
        headers={**headers, "Content-Type": "application/json"},
    )
    form = await web.post(f"{BASE}/evaluation", data={"a": "b"}, headers=headers)

    assert broken.status_code == 400
    assert form.status_code == 415


async def test_callers_are_known_and_may_ask_about_themselves(lists: Lists) -> None:
    """About others only with the permission to see decisions."""
    own = lists.question("beth", READ, "morty")
    body = {**own, "subject": {"type": "user"}}
    action = {key: own[key] for key in ("subject", "resource")}
    resource = {**own, "resource": {"type": "project"}}

    assert (await lists.post("evaluation", own, user="beth")).json()["decision"]
    found = (await lists.post("search/action", action, user="beth")).json()["results"]
    assert {"name": READ} in found
    seen = (await lists.post("search/resource", resource, user="beth")).json()
    assert len(seen["results"]) == 3
    for path, asked in (
        ("evaluation", own),
        ("evaluations", {"evaluations": [own]}),
        ("search/subject", body),
        ("search/action", action),
        ("search/resource", resource),
    ):
        assert (await lists.post(path, asked, user="")).status_code == 401
        assert (await lists.post(path, asked, user="jerry")).status_code == 403


async def test_an_api_key_may_ask_about_itself(lists: Lists) -> None:
    """It is told what narrows it; its owner is another."""
    order = {"name": "todo", "scopes": [READ], "days": 1}
    made = await lists.house.ask("/api/v1/auth/api-keys", order)
    lists.house.tokens["key"] = made["secret"]
    question = lists.question("x", UPDATE, "morty")
    question["subject"] = {"type": "api_key", "id": made["key"]["id"]}
    told = (await lists.post("evaluation", question, user="key")).json()

    assert told["decision"] is False
    reason = told["context"]["reason_admin"]["en"]
    assert reason.startswith(f"The key lacks the scope {UPDATE};")
    question["subject"] = {"type": "user", "id": "admin"}
    answer = await lists.post("evaluation", question, user="key")
    assert answer.status_code == 403


async def test_cookies_are_not_taken(lists: Lists) -> None:
    """No page of another site asks in the name of who is logged in to the console."""
    web = lists.house.web
    form = {"username": "admin", "password": PASSWORD, "next": "/"}
    sent = {"Sec-Fetch-Site": "same-origin", "Accept": "text/html"}
    logged_in = await web.post("/login", data=form, headers=sent)
    cookie = logged_in.headers["set-cookie"].partition(";")[0]
    question = lists.question("admin", READ, "morty")
    answer = await web.post(
        f"{BASE}/evaluation", json=question, headers={**sent, "Cookie": cookie}
    )
    web.cookies.clear()

    assert answer.status_code == 401


async def test_the_configuration_names_the_endpoints(lists: Lists) -> None:
    """Under the name it was asked by, for everybody."""
    answer = await lists.house.web.get("/.well-known/authzen-configuration")
    here = "http://127.0.0.1"

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {
        "policy_decision_point": here,
        "access_evaluation_endpoint": f"{here}/access/v1/evaluation",
        "access_evaluations_endpoint": f"{here}/access/v1/evaluations",
        **{
            f"search_{kind}_endpoint": f"{here}/access/v1/search/{kind}"
            for kind in SEARCHES
        },
    }
