"""The texts and numbers on the page: headline, key numbers, stages and symbols."""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import mean, median

from stockfeed_local.demo.report import formats
from stockfeed_local.demo.report.data import ReportData, Tile

Summary = Mapping[str, int | float | str]


@dataclass(frozen=True, slots=True)
class Headline:
    """The result of the run in one title and one paragraph."""

    exact: bool
    title: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Card:
    """A key number with its name and a short explanation."""

    label: str
    value: str
    note: str


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of the pipeline.

    Attributes:
        name: Name of the stage.
        place: The counted items and their place, e.g. `rows in the raw table`.
        count: The count.
        share: The count in percent of the largest stage: the length of the stage's bar.
        step: The change from the previous stage.
    """

    name: str
    place: str
    count: str
    share: float
    step: str


@dataclass(frozen=True, slots=True)
class SymbolRow:
    """A row of the table of symbols; all cells are formatted."""

    symbol: str
    bars: str
    first: str
    last: str
    close: str
    change: str
    volatility: str


def headline(data: ReportData) -> Headline:
    """Returns the headline; exact only if no problem is listed and all counts are 0."""
    summary = data.summary
    counts = [_count(summary, name) for name in ("mismatches", "gaps", "duplicates", "findings")]
    bars = formats.number(summary["bars"])
    if not data.problems and not any(counts):
        title = f"All {bars} bars are exact" if summary["bars"] != 1 else "The only bar is exact"
        return Headline(True, title, _proof(data))
    title = formats.plural(max(len(data.problems), sum(counts)), "problem")
    sentence = (
        f"{formats.plural(counts[0], 'mismatch', 'mismatches')}, "
        f"{formats.plural(counts[1], 'gap')}, {formats.plural(counts[2], 'duplicate')} and "
        f"{formats.plural(counts[3], 'finding')} by stockfeed verify: "
        "the pipeline's output differs from the tape."
    )
    return Headline(False, title, sentence)


def _proof(data: ReportData) -> str:
    summary = data.summary
    return (
        f"{formats.plural(_count(summary, 'silver'), 'quote')} of "
        f"{formats.plural(len(data.candles), 'symbol')} went from the quote API through Kafka "
        f"and S3 to the warehouse in {formats.duration(float(summary['seconds']))}. The open, "
        "high, low and close of every bar in gold equal those on the tape. Nothing is missing, "
        "extra or counted twice."
    )


def cards(data: ReportData) -> list[Card]:
    """Returns the key numbers of the run."""
    summary = data.summary
    repeats = _count(summary, "repeats")
    return [
        Card(
            "Throughput",
            formats.rate(float(summary["quotes_per_second"])),
            "quotes per second, over the whole run",
        ),
        Card(
            "Run time",
            formats.duration(float(summary["seconds"])),
            "from the first poll to the last bar",
        ),
        _freshness(data),
        Card("Gaps", formats.number(summary["gaps"]), "breaks in a partition's chain of objects"),
        Card(
            "Findings",
            formats.number(summary["findings"]),
            "by stockfeed verify, across all stages",
        ),
        Card(
            "Duplicates",
            formats.number(summary["duplicates"]),
            "offsets landed or loaded more than once",
        ),
        Card(
            "Repeats",
            formats.number(repeats),
            "quotes published again" + (", counted once" if repeats else ""),
        ),
    ]


def _freshness(data: ReportData) -> Card:
    ages = [sample.freshness for sample in data.timeline if sample.freshness is not None]
    if not ages:
        return Card("Freshness", formats.NONE, "not measured")
    worst = formats.duration(max(ages))
    return Card(
        "Freshness", formats.duration(median(ages)), f"median from poll to gold; worst {worst}"
    )


def stages(data: ReportData) -> list[Stage]:
    """Returns the stages in order, from the quote API to the bars."""
    places = {
        "polled": "responses from the quote API",
        "published": f"acknowledged by {data.summary['broker']}",
        "landed": "messages in S3",
        "loaded": "rows in the raw table",
        "silver": "distinct quotes",
        "bars": f"exact {data.interval} candlesticks",
    }
    counts = {name: _count(data.summary, name) for name in places}
    largest = max(*counts.values(), 1)
    before = [None, *counts.values()]
    return [
        Stage(
            name,
            place,
            formats.number(counts[name]),
            100 * counts[name] / largest,
            _quotes_each(data) if name == "bars" else _step(counts[name], earlier),
        )
        for (name, place), earlier in zip(places.items(), before, strict=False)
    ]


def _quotes_each(data: ReportData) -> str:
    quotes = [candle.quotes for candles in data.candles.values() for candle in candles]
    return f"{mean(quotes):.1f} quotes per bar" if quotes else ""


def _step(count: int, earlier: int | None) -> str:
    if earlier is None:
        return ""
    if count == earlier:
        return "unchanged"
    return f"{earlier - count:,} fewer" if count < earlier else f"{count - earlier:,} more"


def symbol_rows(data: ReportData) -> list[SymbolRow]:
    """Returns one row per symbol that has candles."""
    tiles = {tile.symbol: tile for tile in data.treemap}
    return [
        _symbol_row(data, symbol, tiles.get(symbol))
        for symbol, candles in data.candles.items()
        if candles
    ]


def _symbol_row(data: ReportData, symbol: str, tile: Tile | None) -> SymbolRow:
    candles = data.candles[symbol]
    return SymbolRow(
        symbol=symbol,
        bars=formats.number(len(candles)),
        first=formats.bar_name(candles[0].start, data.interval),
        last=formats.bar_name(candles[-1].start, data.interval),
        close=formats.price(candles[-1].close, formats.decimals(candles[-1].close)),
        change=formats.percent(tile.change_percent if tile else None),
        volatility=_latest(data, symbol),
    )


def _latest(data: ReportData, symbol: str) -> str:
    points = data.volatility.get(symbol, ())
    values = (value for _, value in reversed(points) if value is not None)
    latest = next(values, None)
    return formats.NONE if latest is None else f"{latest:.2%}".replace("%", " %")


def _count(summary: Summary, name: str) -> int:
    return int(summary[name])
