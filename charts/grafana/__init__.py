"""The Grafana dashboards as code: `charts/generate.py` writes their JSON into the operator's chart.

Each dashboard is one module; `model` and `table` know Grafana's JSON, `promql` its queries.
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
