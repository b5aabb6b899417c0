from stockfeed_operator.run import installation_of
from stockfeed_operator.settings import Settings

ENVIRONMENT = {
    "STOCKFEED_OPERATOR_PIPELINE_IMAGE": "stockfeed/pipeline:1",
    "STOCKFEED_OPERATOR_DBT_IMAGE": "stockfeed/dbt:1",
    "STOCKFEED_OPERATOR_TASK_RESULTS_ROLE": "task-results",
    "STOCKFEED_OPERATOR_LEASE_NAMESPACE": "stockfeed",
    "STOCKFEED_OPERATOR_POD_NAME": "operator-0",
}


def test_takes_the_installation_from_the_settings() -> None:
    found = installation_of(Settings.from_env(ENVIRONMENT))
    assert (found.pipeline_image, found.dbt_image) == ("stockfeed/pipeline:1", "stockfeed/dbt:1")
    assert found.task_results_role == "task-results"
    assert found.version
