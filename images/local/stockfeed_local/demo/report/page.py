"""Renders the page as one self-contained HTML file."""

from importlib.resources import files
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from plotly.offline import get_plotlyjs

from stockfeed_local.demo.report import facts
from stockfeed_local.demo.report.charts import chart_data
from stockfeed_local.demo.report.data import ReportData

_ASSETS: Final = files(__package__) / "assets"
_SCRIPTS: Final = (
    "base.js",
    "axis.js",
    "candles.js",
    "treemap.js",
    "volatility.js",
    "run.js",
    "main.js",
)
"""Scripts in the order in which they are concatenated into one module."""


def render(data: ReportData) -> str:
    """Renders the report as HTML with style, scripts, plotly.js and data inlined (about 5 MB).

    Raises:
        KeyError: The summary lacks a key of summary.json.
    """
    environment = Environment(
        loader=PackageLoader(__package__, "assets"), autoescape=True, undefined=StrictUndefined
    )
    environment.policies["json.dumps_kwargs"] = {"separators": (",", ":")}
    return environment.get_template("page.html").render(
        data=data,
        headline=facts.headline(data),
        cards=facts.cards(data),
        stages=facts.stages(data),
        rows=facts.symbol_rows(data),
        charts=chart_data(data),
        style=(_ASSETS / "page.css").read_text("utf-8"),
        script="\n".join((_ASSETS / name).read_text("utf-8") for name in _SCRIPTS),
        plotly=get_plotlyjs(),
    )
