"""*Pipeline*: activity of each stage and pod, from the quote API to gold."""

from typing import Final

from grafana.model import Dashboard
from grafana.pipeline_loads import LOADER, SERVICE
from grafana.pipeline_platform import KAFKA, PODS
from grafana.pipeline_roles import CONSUMER, PRODUCER

DASHBOARD: Final = Dashboard(
    "pipeline",
    "StockFeed / Pipeline",
    "Activity of each stage and pod, from the quote API to gold.",
    (PRODUCER, CONSUMER, LOADER, SERVICE, KAFKA, PODS),
)
