"""Deployments on Temporal: of their suite what asks most of an engine.

`make test-temporal` runs all suites of this folder so.
"""

from collections.abc import Iterator

import pytest
from tests.integration.modules.environments.test_deployments import (
    test_a_cancelled_deployment_leaves_the_old_release,
    test_a_first_release_answers_at_its_url,
    test_a_restart_replaces_every_replica,
    test_deployments_of_one_workload_take_turns,
)

from fairlead.testing.chosen_engine import chosen
from fairlead.testing.temporal_server import TemporalServer

__all__ = [
    "test_a_cancelled_deployment_leaves_the_old_release",
    "test_a_first_release_answers_at_its_url",
    "test_a_restart_replaces_every_replica",
    "test_deployments_of_one_workload_take_turns",
]


@pytest.fixture(autouse=True)
def _on_temporal(temporal: TemporalServer) -> Iterator[None]:
    """Let the platforms of this file be on Temporal."""
    with chosen(temporal.address):
        yield
