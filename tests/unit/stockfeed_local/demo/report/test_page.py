import json
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from plotly.offline import get_plotlyjs

from stockfeed_local.demo.report import ReportData, render

MakeData = Callable[..., ReportData]

EVIL = "</script><img src=x onerror=alert(1)>"


class Page(HTMLParser):
    """The parsed page: tags with their attributes, scripts and the visible text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.text = ""
        self._inside = ""
        self.feed(html)
        self.close()

    @property
    def ids(self) -> list[str]:
        return [values["id"] or "" for _, values in self.tags if "id" in values]

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [values for name, values in self.tags if name == tag]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._inside = tag
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "script":
            self.scripts[-1] += data
        elif self._inside != "style":
            self.text += data


def test_page_is_self_contained(make_data: MakeData) -> None:
    page = Page(render(make_data()))

    assert not [values for _, values in page.tags if "src" in values]
    assert [values["href"] for _, values in page.tags if "href" in values] == ["data:,"]
    (policy,) = [values for values in page.named("meta") if "http-equiv" in values]
    assert (policy["content"] or "").startswith("default-src 'none';")


def test_plotly_is_inlined_once(make_data: MakeData) -> None:
    assert render(make_data()).count(get_plotlyjs()) == 1


def test_page_contains_the_charts_data(make_data: MakeData) -> None:
    page = Page(render(make_data()))

    charts = json.loads(page.scripts[0])

    assert charts["candles"]["AAPL"]["close"] == [10.5, 10.5, 10.5]


def test_page_has_all_elements_that_the_script_fills(make_data: MakeData) -> None:
    ids = Page(render(make_data())).ids

    filled = {"candles", "overview", "position", "readout", "spans", "treemap", "volatility"}
    assert filled | {"data", "progress", "throughput", "freshness"} <= set(ids)
    assert len(ids) == len(set(ids))


def test_external_text_is_escaped(make_data: MakeData) -> None:
    data = make_data({"broker": EVIL}, problems=[EVIL], volatility_label=EVIL)
    (tile,) = data.treemap

    page = Page(
        render(
            replace(
                data,
                candles={EVIL: data.candles["AAPL"]},
                volatility={EVIL: data.volatility["AAPL"]},
                treemap=[replace(tile, symbol=EVIL)],
            )
        )
    )

    assert not page.named("img")
    assert page.text.count(EVIL) >= 4
    assert list(json.loads(page.scripts[0])["candles"]) == [EVIL]


def test_lists_problems(make_data: MakeData) -> None:
    lines = [f"bar AAPL 2013-03-0{day}: missing in gold" for day in range(1, 8)]

    page = Page(render(make_data({"mismatches": 7}, problems=lines)))

    assert all(line in page.text for line in lines)
    assert "Problems" in page.text


def test_exact_run_lists_no_problems(make_data: MakeData) -> None:
    page = Page(render(make_data()))

    assert "All 3 bars are exact" in page.text
    assert "Problems" not in page.text


@pytest.mark.parametrize(("symbols", "control"), [(1, "radio"), (8, "radio"), (50, "select")])
def test_few_symbols_are_buttons_and_many_are_a_list(
    make_data: MakeData, symbols: int, control: str
) -> None:
    data = make_data()
    candles = {f"S{number}": data.candles["AAPL"] for number in range(symbols)}

    page = Page(render(replace(data, candles=candles)))

    radios = [values for values in page.named("input") if values.get("name") == "symbol"]
    assert len(radios) == (symbols if control == "radio" else 0)
    assert len(page.named("option")) == (symbols if control == "select" else 0)


def test_sections_without_data_are_omitted(make_data: MakeData) -> None:
    page = Page(render(make_data(candles={}, volatility={}, treemap=[], timeline=[])))

    assert not {"candles", "progress"} & set(page.ids)
    assert "From quote to candlestick" in page.text


def test_missing_summary_key_raises_error(make_data: MakeData) -> None:
    data = make_data()
    rest = {name: value for name, value in data.summary.items() if name != "silver"}

    with pytest.raises(KeyError, match="silver"):
        render(replace(data, summary=rest))
