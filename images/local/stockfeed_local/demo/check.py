"""Checks that the pipeline's output equals its input, exactly.

The tape defines the expected content of silver and gold. Topics, bucket and raw table are read
independently of the roles that wrote them.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from stockfeed_local.demo.bucket import Audit
from stockfeed_local.demo.warehouse import CandleRow, SilverQuote
from stockfeed_local.quotes.bars import Bar
from stockfeed_local.quotes.tape import Tape


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The result of a check; the run is exact if all lists are empty.

    Attributes:
        exact_bars: Number of bars whose four prices in gold equal those on the tape.
        mismatches: One sentence per bar or quote that is missing, unexpected or different, and per
            stage with another count than Kafka.
        gaps: One sentence per break in a partition's chain of objects.
        duplicates: One sentence per offset that was landed or loaded more than once.
        findings: One line per break between two stages that `stockfeed verify` found.
    """

    exact_bars: int
    mismatches: list[str]
    gaps: list[str]
    duplicates: list[str]
    findings: list[str]

    @property
    def problems(self) -> list[str]:
        """The entries of all lists."""
        return [*self.mismatches, *self.gaps, *self.duplicates, *self.findings]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that a check compares.

    Attributes:
        bars: The bars that were played: the expected content of gold.
        tape: The same bars as quotes: the expected content of silver.
        interval: Length of a bar: `1d`, `1h`, `5m` or `1m`.
        candles: Rows of gold_candlestick, of all intervals.
        silver: Rows of silver_clean_stock.
        published: Messages in the topics.
        audit: The contents of the bucket.
        loaded: Rows of the raw table.
        loaded_twice: One sentence per offset that is more than once in the raw table.
        findings: One line per break that `stockfeed verify` found.
    """

    bars: Sequence[Bar]
    tape: Tape
    interval: str
    candles: Iterable[CandleRow]
    silver: Iterable[SilverQuote]
    published: int
    audit: Audit
    loaded: int
    loaded_twice: list[str]
    findings: list[str]


def check(evidence: Evidence) -> CheckResult:
    """Compares every stage with the tape."""
    candles = [row for row in evidence.candles if row.interval == evidence.interval]
    exact_bars, wrong_bars = compare_bars(evidence.bars, candles)
    wrong_quotes = compare_quotes(evidence.tape, evidence.silver)
    audit = evidence.audit
    wrong_counts = compare_stages(evidence.published, audit.landed, evidence.loaded)
    return CheckResult(
        exact_bars=exact_bars,
        mismatches=[*wrong_bars, *wrong_quotes, *wrong_counts],
        gaps=audit.gaps,
        duplicates=[*audit.duplicates, *evidence.loaded_twice],
        findings=evidence.findings,
    )


def compare_bars(bars: Iterable[Bar], candles: Iterable[CandleRow]) -> tuple[int, list[str]]:
    """Compares gold with the bars on the tape.

    Returns:
        The number of exact bars, and one sentence per missing, unexpected or different bar.
    """
    expected = {(bar.symbol, bar.start): (bar.open, bar.high, bar.low, bar.close) for bar in bars}
    found = {(c.symbol, c.start): (c.open, c.high, c.low, c.close) for c in candles}
    lines = []
    for symbol, start in sorted(expected.keys() | found.keys()):
        wanted, actual = expected.get((symbol, start)), found.get((symbol, start))
        place = f"{symbol} {start.isoformat()}"
        if actual is None:
            lines.append(f"bar {place}: missing in gold")
        elif wanted is None:
            lines.append(f"bar {place}: unexpected in gold")
        elif actual != wanted:
            lines.append(f"bar {place}: {_prices(actual)} in gold, {_prices(wanted)} on the tape")
    exact = sum(found.get(bar) == prices for bar, prices in expected.items())
    return exact, lines


def compare_quotes(tape: Tape, silver: Iterable[SilverQuote]) -> list[str]:
    """Returns one sentence per quote that silver lacks, has unexpectedly, or has twice."""
    expected = Counter(
        SilverQuote(symbol, q.time, q.current, q.open, q.high, q.low, q.previous_close)
        for symbol, quotes in tape.items()
        for q in quotes
    )
    found = Counter(silver)
    missing = (f"quote {_quote(quote)}: missing in silver" for quote in expected - found)
    unexpected = (f"quote {_quote(quote)}: unexpected in silver" for quote in found - expected)
    return [*missing, *unexpected]


def compare_stages(published: int, landed: int, loaded: int) -> list[str]:
    """Returns one sentence per stage whose count differs from the published messages."""
    counts = (("landed", landed), ("loaded", loaded))
    return [
        f"{count} quotes {stage}, but {published} published"
        for stage, count in counts
        if count != published
    ]


def _prices(prices: tuple[object, ...]) -> str:
    return "/".join(str(price) for price in prices)


def _quote(quote: SilverQuote) -> str:
    return f"{quote.symbol} t={quote.time} c={quote.current}"
