"""The page as one piece of HTML that needs nothing from anywhere else."""

from importlib.resources import files
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from plotly.offline import get_plotlyjs

from stockfeed_local.demo.report import facts
from stockfeed_local.demo.report.charts import chart_data
from stockfeed_local.demo.report.data import ReportData

_ASSETS: Final = files(__package__) / "assets"
_SCRIPTS: Final = ("base.js", "axis.js", "candles.js", "market.js", "run.js", "main.js")
"""In the order in which they are joined into one module."""


def render(data: ReportData) -> str:
    """The report as HTML in UTF-8: style, scripts, plotly.js and data are inside (about 5 MB).

    Raises:
        KeyError: the summary lacks one of the keys of summary.json.
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
