"""The rules of workloads."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from fairlead.modules.environments.domain import (
    BadOrder,
    RestartRule,
    check,
    order_json,
    order_of,
    reference,
    with_port,
)
from fairlead.modules.environments.public import DeployOrder, WorkloadOrder

NOW = datetime(2026, 1, 1, tzinfo=UTC)
WEB = WorkloadOrder(
    name="web",
    blob="artifacts/1",
    artifact_type="wheel",
    filename="hello.whl",
    executable=False,
    command=("python", "-m", "hello"),
    port=8000,
    health="/healthz",
    env={"A": "b"},
)
ORDER = DeployOrder(
    id=UUID(int=1),
    parent_id=UUID(int=2),
    project_id=UUID(int=3),
    project="hello",
    environment="dev",
    run_id=UUID(int=4),
    number=1,
    stream="deploy/web",
    workloads=(WEB,),
)


def test_waits_double_up_to_the_longest_and_end_with_the_limit() -> None:
    rule = RestartRule(first_seconds=0.5, max_seconds=3.0, limit=5)

    waits = [rule.wait_seconds(crashes) for crashes in range(7)]

    assert waits == [0.5, 0.5, 1.0, 2.0, 3.0, None, None]


def test_only_quick_crashes_in_a_row_count() -> None:
    rule = RestartRule(quick_seconds=60.0)

    assert rule.quick_crashes(3, lived_seconds=59.9) == 4
    assert rule.quick_crashes(4, lived_seconds=60.0) == 0


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("$PORT", "80"),
        ("--bind=:${PORT}", "--bind=:80"),
        ("$PORT:$PORT", "80:80"),
        ("$PORTAL", "$PORTAL"),
        ("PORT", "PORT"),
    ],
)
def test_the_port_is_put_into_arguments(argument: str, expected: str) -> None:
    assert with_port(("run", argument), 80) == ("run", expected)


@pytest.mark.parametrize("name", ["", "Web", "-web", "web-", "a_b", "a/b", "x" * 64])
def test_bad_names_are_refused(name: str) -> None:
    with pytest.raises(BadOrder, match="is no name"):
        check(replace(ORDER, environment=name))
    with pytest.raises(BadOrder, match="is no name"):
        check(replace(ORDER, workloads=(replace(WEB, name=name),)))


def test_orders_that_cannot_be_are_refused() -> None:
    check(ORDER)
    for workloads in (
        (WEB, WEB),
        (replace(WEB, command=()),),
        (replace(WEB, replicas=0),),
        (replace(WEB, replicas=21),),
    ):
        with pytest.raises(BadOrder):
            check(replace(ORDER, workloads=workloads))


def test_an_order_survives_being_kept_as_json() -> None:
    assert order_of(order_json(WEB)) == WEB


def test_a_workload_is_named_by_id_or_by_three_names() -> None:
    assert reference(str(UUID(int=7))) == UUID(int=7)
    assert reference("hello/dev/web") == ("hello", "dev", "web")
    assert reference("hello:dev:web") == ("hello", "dev", "web")
    assert reference("hello/dev") is None
    assert reference("hello//web") is None
