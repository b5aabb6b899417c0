"""The demo's own check: what came out must be what went in, exactly.

The tape says what gold must hold; the bucket and the raw table are read independently of the
roles that wrote them.
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
    """What the check found; all is exact when no list has an entry.

    Attributes:
        exact_bars: bars whose four prices are in gold as they are on the tape.
        mismatches: a sentence per bar or quote that is missing, surplus or different, or per
            stage that counts other than the one before.
        gaps: breaks in a partition's chain.
        duplicates: offsets landed or loaded twice.
        findings: breaks that `stockfeed verify` finds between any two stages.
    """

    exact_bars: int
    mismatches: list[str]
    gaps: list[str]
    duplicates: list[str]
    findings: list[str]

    @property
    def problems(self) -> list[str]:
        """All of them."""
        return [*self.mismatches, *self.gaps, *self.duplicates, *self.findings]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that a check compares.

    Attributes:
        bars: What was played, and what gold must contain.
        tape: The same bars as quotes, which silver must contain.
        interval: Length of a bar: `1d`, `1h`, `5m` or `1m`.
        candles: Rows of gold_candlestick, of all intervals.
        silver: Rows of silver_clean_stock.
        published: Messages in the topics.
        audit: What the objects in the bucket contain.
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
    """Compares the tape with what each stage contains."""
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
    """How many bars gold has exactly; a sentence per bar that it lacks, has besides, or differs."""
    expected = {(bar.symbol, bar.start): (bar.open, bar.high, bar.low, bar.close) for bar in bars}
    found = {(c.symbol, c.start): (c.open, c.high, c.low, c.close) for c in candles}
    lines = []
    for symbol, start in sorted(expected.keys() | found.keys()):
        wanted, got = expected.get((symbol, start)), found.get((symbol, start))
        place = f"{symbol} {start.isoformat()}"
        if got is None:
            lines.append(f"bar {place}: missing in gold")
        elif wanted is None:
            lines.append(f"bar {place}: surplus in gold")
        elif got != wanted:
            lines.append(f"bar {place}: gold has {_prices(got)}, the tape {_prices(wanted)}")
    exact = sum(found.get(bar) == prices for bar, prices in expected.items())
    return exact, lines


def compare_quotes(tape: Tape, silver: Iterable[SilverQuote]) -> list[str]:
    """A sentence per tape quote that silver lacks, has besides, or has more than once."""
    expected = Counter(
        SilverQuote(symbol, q.time, q.current, q.open, q.high, q.low, q.previous_close)
        for symbol, quotes in tape.items()
        for q in quotes
    )
    found = Counter(silver)
    missing = (f"quote {_quote(quote)}: missing in silver" for quote in expected - found)
    surplus = (f"quote {_quote(quote)}: surplus in silver" for quote in found - expected)
    return [*missing, *surplus]


def compare_stages(published: int, landed: int, loaded: int) -> list[str]:
    """A sentence per stage that holds more or less than was published."""
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
