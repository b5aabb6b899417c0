from collections.abc import Callable

import pytest

from stockfeed_local.demo.report import ReportData, Sample, facts

MakeData = Callable[..., ReportData]


def test_run_without_problems_is_exact(make_data: MakeData) -> None:
    headline = facts.headline(make_data())

    assert headline.exact
    assert headline.title == "All 3 bars are exact"
    assert headline.sentence.startswith("12 quotes of 1 symbol went")
    assert "in 1 min 12 s" in headline.sentence


def test_headline_of_a_single_bar_is_singular(make_data: MakeData) -> None:
    assert facts.headline(make_data({"bars": 1})).title == "The only bar is exact"


@pytest.mark.parametrize("count", ["mismatches", "gaps", "duplicates", "findings"])
def test_any_counted_problem_fails_the_run(make_data: MakeData, count: str) -> None:
    headline = facts.headline(make_data({count: 1}))

    assert not headline.exact
    assert headline.title == "1 problem"


def test_listed_problems_fail_the_run_even_if_counts_are_zero(make_data: MakeData) -> None:
    headline = facts.headline(make_data(problems=["bar AAPL: missing in gold", "offset 3 twice"]))

    assert not headline.exact
    assert headline.title == "2 problems"


def test_freshness_is_the_median_of_all_samples(make_data: MakeData) -> None:
    ages = [None, 4.0, 7.0, 9.5]
    samples = [Sample(at, 0, 0, 0, 0, 0, age) for at, age in enumerate(ages)]

    cards = {card.label: card for card in facts.cards(make_data(timeline=samples))}

    assert cards["Freshness"].value == "7.0 s"
    assert cards["Freshness"].note == "median from poll to gold; worst 9.5 s"


def test_freshness_may_be_missing(make_data: MakeData) -> None:
    cards = {card.label: card.note for card in facts.cards(make_data(timeline=[]))}

    assert cards["Freshness"] == "not measured"


def test_stages_show_the_change_from_the_previous_stage(make_data: MakeData) -> None:
    stages = facts.stages(make_data({"loaded": 14, "silver": 12}))

    assert [(stage.name, stage.count, stage.step) for stage in stages] == [
        ("polled", "20", ""),
        ("published", "12", "8 fewer"),
        ("landed", "12", "unchanged"),
        ("loaded", "14", "2 more"),
        ("silver", "12", "2 fewer"),
        ("bars", "3", "4.0 quotes per bar"),
    ]
    assert [round(stage.share) for stage in stages] == [100, 60, 60, 70, 60, 15]


def test_stages_of_an_empty_run_are_zero(make_data: MakeData) -> None:
    nothing = dict.fromkeys(("polled", "published", "landed", "loaded", "silver", "bars"), 0)

    stages = facts.stages(make_data(nothing, candles={}))

    assert {stage.share for stage in stages} == {0}
    assert stages[-1].step == ""


def test_symbol_has_a_row(make_data: MakeData) -> None:
    (row,) = facts.symbol_rows(make_data())

    assert (row.symbol, row.bars, row.first, row.last) == ("AAPL", "3", "7 Mar 2013", "11 Mar 2013")
    assert (row.close, row.volatility) == ("10.50", "26.85 %")


def test_missing_change_and_volatility_are_dashes(make_data: MakeData) -> None:
    (row,) = facts.symbol_rows(make_data(treemap=[], volatility={}))

    assert (row.change, row.volatility) == ("\N{EN DASH}", "\N{EN DASH}")


def test_symbol_without_candles_has_no_row(make_data: MakeData) -> None:
    assert facts.symbol_rows(make_data(candles={"AAPL": []})) == []
