import asyncio
import contextlib

import pytest

from stockfeed_operator import run
from stockfeed_operator.run import Heart, installation_of
from stockfeed_operator.settings import Settings

ENVIRONMENT = {
    "STOCKFEED_OPERATOR_PIPELINE_IMAGE": "stockfeed/pipeline:1",
    "STOCKFEED_OPERATOR_DBT_IMAGE": "stockfeed/dbt:1",
    "STOCKFEED_OPERATOR_TASK_RESULTS_ROLE": "task-results",
    "STOCKFEED_OPERATOR_LEASE_NAMESPACE": "stockfeed",
    "STOCKFEED_OPERATOR_POD_NAME": "operator-0",
}


def test_the_installation_is_what_the_settings_say() -> None:
    found = installation_of(Settings.from_env(ENVIRONMENT))
    assert (found.pipeline_image, found.dbt_image) == ("stockfeed/pipeline:1", "stockfeed/dbt:1")
    assert found.task_results_role == "task-results"
    assert found.version


def test_a_loop_that_stands_is_a_problem_until_it_turns_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [100.0]
    monkeypatch.setattr(run, "monotonic", lambda: now[0])
    heart = Heart()
    now[0] += 59
    assert heart.problem() is None
    now[0] += 2
    assert heart.problem() == "the event loop stands for 61 s"

    async def beat_once() -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(heart.beat(), 0.05)

    asyncio.run(beat_once())
    assert heart.problem() is None
