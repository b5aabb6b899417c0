"""The page's words and numbers: the verdict, the key numbers, the stages and the symbols."""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import mean, median

from stockfeed_local.demo.report import formats
from stockfeed_local.demo.report.data import ReportData, Tile

Summary = Mapping[str, int | float | str]


@dataclass(frozen=True, slots=True)
class Headline:
    """What the run proved, or that it did not."""

    exact: bool
    title: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Card:
    """A key number with its name and one line about it."""

    label: str
    value: str
    note: str


@dataclass(frozen=True, slots=True)
class Stage:
    """A stop on a quote's way.

    Attributes:
        share: of the largest stage, in percent: the length of its bar.
        step: what the number does against the stage before.
    """

    name: str
    place: str
    count: str
    share: float
    step: str


@dataclass(frozen=True, slots=True)
class SymbolRow:
    """One symbol in figures, all of them text."""

    symbol: str
    bars: str
    first: str
    last: str
    close: str
    change: str
    volatility: str


def headline(data: ReportData) -> Headline:
    """Exact only if nothing is on the list and nothing was counted."""
    summary = data.summary
    counts = [_count(summary, name) for name in ("mismatches", "gaps", "duplicates", "findings")]
    bars = formats.number(summary["bars"])
    if not data.problems and not any(counts):
        title = f"All {bars} bars exact" if summary["bars"] != 1 else "The one bar is exact"
        return Headline(True, title, _proof(data))
    title = formats.plural(max(len(data.problems), sum(counts)), "problem")
    sentence = (
        f"{formats.plural(counts[0], 'mismatch', 'mismatches')}, "
        f"{formats.plural(counts[1], 'gap')}, {formats.plural(counts[2], 'duplicate')} and "
        f"{formats.plural(counts[3], 'finding')} of stockfeed verify: "
        "what is in gold is not what was on the tape."
    )
    return Headline(False, title, sentence)


def _proof(data: ReportData) -> str:
    summary = data.summary
    return (
        f"{formats.plural(_count(summary, 'silver'), 'quote')} of "
        f"{formats.plural(len(data.candles), 'symbol')} went from the quote API through Kafka, "
        f"S3 and the warehouse in {formats.duration(float(summary['seconds']))}. Open, high, low "
        "and close in gold equal the tape's; nothing is missing, extra or counted twice."
    )


def cards(data: ReportData) -> list[Card]:
    """The numbers to know first."""
    summary = data.summary
    repeats = _count(summary, "repeats")
    return [
        Card(
            "Throughput",
            formats.rate(float(summary["quotes_per_second"])),
            "quotes per second, start to end",
        ),
        Card(
            "Run time", formats.duration(float(summary["seconds"])), "until the last bar was built"
        ),
        _freshness(data),
        Card("Gaps", formats.number(summary["gaps"]), "breaks in a partition's chain"),
        Card(
            "Findings", formats.number(summary["findings"]), "of stockfeed verify, stage by stage"
        ),
        Card("Duplicates", formats.number(summary["duplicates"]), "offsets landed or loaded twice"),
        Card(
            "Repeats",
            formats.number(repeats),
            "quotes published again" + (", counted once" if repeats else ""),
        ),
    ]


def _freshness(data: ReportData) -> Card:
    ages = [sample.freshness for sample in data.timeline if sample.freshness is not None]
    if not ages:
        return Card("Freshness", formats.NONE, "was not measured")
    worst = formats.duration(max(ages))
    return Card("Freshness", formats.duration(median(ages)), f"from poll to gold; at most {worst}")


def stages(data: ReportData) -> list[Stage]:
    """The way of the quotes, from the API to the bars."""
    places = {
        "polled": "answers of the quote API",
        "published": f"acknowledged by {data.summary['broker']}",
        "landed": "in S3, each offset once",
        "loaded": "rows in the raw table",
        "silver": "different quotes",
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
    return f"{mean(quotes):.1f} quotes each" if quotes else ""


def _step(count: int, earlier: int | None) -> str:
    if earlier is None:
        return ""
    if count == earlier:
        return "all of them"
    return f"all but {earlier - count:,}" if count < earlier else f"{count - earlier:,} more"


def symbol_rows(data: ReportData) -> list[SymbolRow]:
    """One row for each symbol that has candles."""
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
