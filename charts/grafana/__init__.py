"""Grafana dashboards as code; `charts/generate.py` writes their JSON into the operator's chart.

Each dashboard has one module; *Pipeline* has one for each part. `model` and `table` generate
Grafana's JSON, `promql` builds queries, and `external` names the metrics of other projects.
"""

from typing import Final

from grafana import cost, feeds, operator, pipeline
from grafana.model import Dashboard

DASHBOARDS: Final[tuple[Dashboard, ...]] = (
    feeds.DASHBOARD,
    pipeline.DASHBOARD,
    operator.DASHBOARD,
    cost.DASHBOARD,
)
