"""What is run beside the minute's load: replay and rebuild when a person asks, all tests each day.

Their Workflows do not carry the feed's label: whether they succeed says nothing of loading.
"""

from typing import Final

from stockfeed_operator.build import metadata as meta
from stockfeed_operator.build import names
from stockfeed_operator.build.installation import Installation
from stockfeed_operator.build.specs import spec_of
from stockfeed_operator.kinds import CRON_WORKFLOW, WORKFLOW_TEMPLATE, Manifest
from stockfeed_operator.spec import StockFeed

# Asia's exchanges have closed or are about to, Europe's and New York's are not open yet.
_DAILY: Final = "30 6 * * *"
# A day is not lost because Argo was away at the minute.
_STARTING_DEADLINE_SECONDS: Final = 3600


def maintenance(feed: StockFeed, installation: Installation, suspended: bool) -> list[Manifest]:
    """The templates to submit, and the daily tests where there is something to test.

    Args:
        feed: the feed.
        installation: the images.
        suspended: whether the daily tests pause, since nothing changes.
    """
    found = [_template(feed, installation, names.replay(feed.metadata.name), "replay")]
    if feed.spec.warehouse.dbt.enabled:
        found.append(_template(feed, installation, names.rebuild(feed.metadata.name), "rebuild"))
        found.append(_daily(feed, installation, suspended))
    return found


def _template(feed: StockFeed, installation: Installation, name: str, file: str) -> Manifest:
    return {
        "apiVersion": WORKFLOW_TEMPLATE.api_version,
        "kind": WORKFLOW_TEMPLATE.kind,
        "metadata": meta.metadata(feed, installation, name, meta.LOAD),
        "spec": spec_of(feed, installation, file),
    }


def _daily(feed: StockFeed, installation: Installation, suspended: bool) -> Manifest:
    name = names.daily(feed.metadata.name)
    return {
        "apiVersion": CRON_WORKFLOW.api_version,
        "kind": CRON_WORKFLOW.kind,
        "metadata": meta.metadata(feed, installation, name, meta.LOAD),
        "spec": {
            "schedules": [_DAILY],
            "timezone": "Etc/UTC",
            "suspend": suspended,
            "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": _STARTING_DEADLINE_SECONDS,
            "successfulJobsHistoryLimit": 2,
            "failedJobsHistoryLimit": 5,
            "workflowSpec": spec_of(feed, installation, "daily"),
        },
    }
