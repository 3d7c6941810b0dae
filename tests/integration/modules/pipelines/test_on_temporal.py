"""Runs on Temporal: of the suite of runs what asks most of an engine.

`make test-temporal` runs all suites of this folder so.
"""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from tests.integration.modules.pipelines.rig import Rig, build
from tests.integration.modules.pipelines.test_runs import (
    test_cancel_ends_the_deployment_too,
    test_cancelled_run_ends_its_step_and_skips_the_rest,
    test_failed_deployment_fails_the_run,
    test_failing_step_skips_what_follows,
    test_follower_gets_everything_to_the_end,
    test_run_goes_from_checkout_to_url,
    test_same_request_key_starts_one_run,
    test_step_is_tried_again_as_the_file_says,
    test_step_that_takes_too_long_is_ended_with_its_children,
)

from fairlead.testing.chosen_engine import chosen
from fairlead.testing.temporal_server import TemporalServer

__all__ = [
    "test_cancel_ends_the_deployment_too",
    "test_cancelled_run_ends_its_step_and_skips_the_rest",
    "test_failed_deployment_fails_the_run",
    "test_failing_step_skips_what_follows",
    "test_follower_gets_everything_to_the_end",
    "test_run_goes_from_checkout_to_url",
    "test_same_request_key_starts_one_run",
    "test_step_is_tried_again_as_the_file_says",
    "test_step_that_takes_too_long_is_ended_with_its_children",
]

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def rig(
    temporal: TemporalServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Rig]:
    """One platform on Temporal for all tests of this file."""
    with chosen(temporal.address):
        rig = build(tmp_path_factory.mktemp("temporal") / "home")
        await rig.open()
        try:
            yield rig
        finally:
            await rig.close()
