from typing import Any

from stockfeed_operator.spec.feed_status import LastLoad
from stockfeed_operator.status import loads


def _workflow(name: str, minute: int, phase: str = "Succeeded", **outputs: str) -> dict[str, Any]:
    parameters = [{"name": key.replace("_", "-"), "value": text} for key, text in outputs.items()]
    return {
        "metadata": {"name": name},
        "status": {
            "phase": phase,
            "finishedAt": f"2026-03-04T15:{minute:02d}:00Z",
            "outputs": {"parameters": parameters},
        },
    }


FULL = _workflow(
    "w1",
    1,
    rows="420",
    files="6",
    bytes="9000",
    newest_quote_at="2026-03-04T15:00:41.123Z",
    load_seconds="3.5",
    build_seconds="12.25",
)


def test_outputs_become_the_last_load() -> None:
    assert loads.last_load([FULL], None) == LastLoad(
        workflow="w1",
        finished_at="2026-03-04T15:01:00Z",
        newest_quote_at="2026-03-04T15:00:41Z",
        rows=420,
        files=6,
        bytes=9000,
        load_seconds=3.5,
        build_seconds=12.25,
    )


def test_ignores_empty_failed_and_running_workflows() -> None:
    others = [
        _workflow("empty", 2, files="0", rows="0", newest_quote_at=""),
        _workflow("failed", 3, phase="Failed", files="9", build_seconds="0"),
        {"metadata": {"name": "running"}, "status": {"phase": "Running", "finishedAt": None}},
        {"metadata": {"name": "new"}},
    ]
    found = loads.last_load([*others, FULL], None)
    assert found is not None
    assert found.workflow == "w1"


def test_run_that_failed_for_a_skipped_object_counts_as_load() -> None:
    left_out = _workflow("left-out", 3, phase="Failed", files="9", build_seconds="4.2")
    found = loads.last_load([left_out, FULL], None)
    assert found is not None
    assert (found.workflow, found.files) == ("left-out", 9)
    assert loads.failed(left_out)


def test_keeps_the_previous_load_until_a_newer_one_finishes() -> None:
    known = loads.last_load([FULL], None)
    assert loads.last_load([], known) == known
    newer = loads.last_load([_workflow("w2", 2, files="1")], known)
    assert newer is not None
    assert (newer.workflow, newer.newest_quote_at) == ("w2", "2026-03-04T15:00:41Z")


def test_newest_finished_workflow_decides_health() -> None:
    failed = _workflow("w2", 2, phase="Error")
    assert loads.newest([failed, FULL]) is failed
    assert loads.failed(failed)
    assert not loads.failed(FULL)
    assert loads.newest([{"metadata": {"name": "new"}}]) is None
