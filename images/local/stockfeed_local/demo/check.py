"""The demo's own check: what came out must be what went in, exactly.

The tape says what gold must hold; the bucket and the raw table are read independently of the
roles that wrote them.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from stockfeed_local.demo.landed import Audit
from stockfeed_local.demo.warehouse import Candle, SilverQuote
from stockfeed_local.quotes.bars import Bar
from stockfeed_local.quotes.tape import Tape


@dataclass(frozen=True, slots=True)
class Verdict:
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


def check(  # noqa: PLR0913 - each argument is one witness
    *,
    bars: Sequence[Bar],
    tape: Tape,
    interval: str,
    candles: Iterable[Candle],
    silver: Iterable[SilverQuote],
    published: int,
    audit: Audit,
    loaded: int,
    loaded_twice: list[str],
    findings: list[str],
) -> Verdict:
    """Compares tape, broker, bucket, raw table, silver and gold."""
    exact_bars, wrong_bars = compare_bars(bars, [c for c in candles if c.interval == interval])
    stages = compare_stages(published, audit.landed, loaded)
    return Verdict(
        exact_bars=exact_bars,
        mismatches=[*wrong_bars, *compare_quotes(tape, silver), *stages],
        gaps=audit.gaps,
        duplicates=[*audit.duplicates, *loaded_twice],
        findings=findings,
    )


def compare_bars(bars: Iterable[Bar], candles: Iterable[Candle]) -> tuple[int, list[str]]:
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
