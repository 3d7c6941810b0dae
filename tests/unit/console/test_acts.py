"""What the forms do, and what the output routes send."""

import json

import pytest
from tests.unit.console.conftest import Browser
from tests.unit.console.stand_ins import written

from fairlead.modules.pipelines.public import State

RUN = "/runs/00000000-0000-0000-0000-0000000000da"
WORKLOAD = "/workloads/00000000-0000-0000-0000-0000000001f4"


async def test_a_project_is_made_by_the_form(browser: Browser) -> None:
    answer = await browser.send(
        "/projects", name="shop", repository="/srv/shop.git", branch=""
    )

    assert answer.headers["location"] == "/projects/shop"
    assert browser.stage.projects.items[-1].repository == "/srv/shop.git"


async def test_a_bad_project_shows_the_form_with_what_was_typed(
    browser: Browser,
) -> None:
    answer = await browser.send("/projects", name="a b", repository="/srv/x", branch="")

    assert answer.status_code == 422
    assert "is no project name" in answer.text
    assert 'value="/srv/x"' in answer.text


@pytest.mark.parametrize(
    ("path", "name"), [("/projects/hello", "hello"), (WORKLOAD, "web")]
)
async def test_only_the_typed_name_deletes(
    browser: Browser, path: str, name: str
) -> None:
    wrong = await browser.send(f"{path}/delete", typed_name="other")
    assert wrong.status_code in {403, 422}
    assert (
        f"Type the name of the {'project' if 'projects' in path else 'workload'}"
        in (wrong.text)
    )

    right = await browser.send(f"{path}/delete", typed_name=name)
    assert right.status_code == 303
    assert (await browser.client.get(path)).status_code == 404


async def test_a_run_is_started_once_per_form(browser: Browser) -> None:
    answer = await browser.send("/projects/hello/runs", revision="dev", key="abc")
    [(project, revision, request)] = browser.stage.runs.started

    assert answer.headers["location"].startswith("/runs/")
    assert (project, revision) == ("hello", "dev")
    assert request is not None
    assert request.key == "abc"


async def test_a_run_is_cancelled(browser: Browser) -> None:
    answer = await browser.send(f"{RUN}/cancel")

    assert answer.headers["location"] == RUN
    assert browser.stage.runs.items[1].state is State.CANCELLED


async def test_a_workload_is_restarted(browser: Browser) -> None:
    answer = await browser.send(f"{WORKLOAD}/restart")

    assert answer.headers["location"] == WORKLOAD
    assert len(browser.stage.workloads.restarted) == 1


async def test_the_chain_is_verified(browser: Browser) -> None:
    answer = await browser.send("/audit/verify")

    assert "Chain is whole, 3 entries" in answer.text


async def test_audit_entries_are_filtered(browser: Browser) -> None:
    text = await browser.page("/audit?actor=ada&outcome=refused&target=&action=")

    assert browser.stage.audit.wanted.actor == "ada"
    assert browser.stage.audit.wanted.outcome == "refused"
    assert browser.stage.audit.wanted.action is None
    assert "fairlead audit list --actor ada --outcome refused" in text


async def test_access_is_given_and_taken(browser: Browser) -> None:
    await browser.send("/access/new-user", name="eve", password="long enough words")
    await browser.send("/access/users/lin/disabled", disabled="yes")
    await browser.send("/access/bindings", holder="eve", role="viewer", scope="/")
    [first, second] = browser.stage.roles.given
    await browser.send(f"/access/bindings/{first.id}/delete")

    assert browser.stage.users.items[-1].name == "eve"
    assert browser.stage.users.items[1].disabled
    assert browser.stage.roles.given == [second]


async def test_groups_roles_and_policies_are_made_changed_and_deleted(
    browser: Browser,
) -> None:
    house = browser.stage
    await browser.send("/access/groups", name="payments", summary="Pays")
    await browser.send("/access/groups/payments", summary="Pays bills")
    await browser.send("/access/groups/payments/members", user="mo")
    await browser.send("/access/groups/payments/members/lin/delete")
    await browser.send("/access/groups/platform/delete")
    await browser.send("/access/roles", name="reader", permissions="a.b.read")
    await browser.send("/access/roles/reader", summary="Reads", includes="viewer")
    await browser.send("/access/policies/office-hours", text="x", permissions="a.*, b")
    await browser.send("/access/users/lin/delete")

    assert [(each.name, each.summary) for each in house.groups.items] == [
        ("payments", "Pays bills")
    ]
    assert house.groups.joined == ["mo"]
    assert house.roles.roles[-1].includes == {"viewer"}
    assert house.roles.roles[-1].permissions == set()
    assert house.policies.items[-1].permissions == {"a.*", "b"}
    assert not house.policies.items[-1].enabled
    assert "lin" not in {each.name for each in house.users.items}
    await browser.send("/access/roles/reader/delete")
    await browser.send("/access/policies/office-hours/delete")
    assert "reader" not in {each.name for each in house.roles.roles}
    assert house.policies.items == []


async def test_a_change_of_a_role_is_told_before_it_is_made(browser: Browser) -> None:
    fields = {"name": "reader", "permissions": "a.b.read", "act": "preview"}
    token = await browser.token()
    answer = await browser.client.post(
        "/access/roles", data={**fields, "form_token": token}
    )

    assert "gains a.b.read" in answer.text
    assert 'value="reader"' in answer.text
    assert len(browser.stage.roles.roles) == 2


async def test_who_may_do_something_is_told_with_the_way_it_comes(
    browser: Browser,
) -> None:
    may = await browser.page("/access/ask?permission=a.b.read")
    ada = await browser.page("/access/ask?permission=a.b.read&user=ada")
    lin = await browser.page("/access/ask?permission=a.b.read&user=lin")

    assert "fairlead authz who-can a.b.read" in may
    assert "/access/users/ada" in may
    assert "By the role admin." in ada
    assert "No role gives it." in lin


async def test_an_operation_is_cancelled(browser: Browser) -> None:
    operation = browser.stage.operations.items[0].id
    await browser.send(f"/operations/{operation}/cancel")

    assert browser.stage.operations.cancelled == [operation]


async def test_the_feed_sends_one_steps_output_with_offsets(browser: Browser) -> None:
    browser.stage.runs.frames = written(
        ("build/compile", b"one\n"),
        ("test/unit", b"\xff<b>\n"),
        ("build/compile", b"2\n"),
    )
    answer = await browser.client.get(f"{RUN}/feed?step=build/compile")
    events = [part for part in answer.text.split("\n\n") if "data:" in part]

    assert answer.headers["content-type"].startswith("text/event-stream")
    assert [part.splitlines()[0] for part in events] == [
        "id: 100",
        "id: 300",
        "id: 400",
    ]
    assert json.loads(events[0].split("data: ")[1])["text"] == "one\n"
    resumed = await browser.client.get(
        f"{RUN}/feed?step=build/compile", headers={"last-event-id": "100"}
    )
    assert "one" not in resumed.text


async def test_output_is_plain_text_byte_for_byte(browser: Browser) -> None:
    browser.stage.runs.frames = written(
        ("checkout", b"cloning\n"), ("test/unit", b"\xff\x1b[31m<script>\n")
    )
    step = await browser.client.get(f"{RUN}/output?step=test/unit&download")
    own = await browser.client.get(f"{RUN}/output?step=checkout")
    everything = await browser.client.get(f"{RUN}/output")

    assert step.content == b"\xff\x1b[31m<script>\n"
    assert own.content == b"cloning\n"
    assert everything.content == own.content + step.content
    assert step.headers["content-type"] == "text/plain; charset=utf-8"
    assert step.headers["x-content-type-options"] == "nosniff"
    assert step.headers["content-disposition"].startswith("attachment")


async def test_a_workloads_output_is_read_the_same_way(browser: Browser) -> None:
    browser.stage.workloads.frames = written(("1", b"up\n"))

    assert (await browser.client.get(f"{WORKLOAD}/output")).content == b"up\n"
    assert '"text":"up\\n"' in (await browser.client.get(f"{WORKLOAD}/feed")).text
