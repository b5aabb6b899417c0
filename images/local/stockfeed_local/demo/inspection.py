"""Runs `stockfeed verify` and `stockfeed trace` on the finished run, before its services stop."""

from collections.abc import Mapping
from dataclasses import dataclass

from stockfeed.settings import InspectionSettings
from stockfeed.trace import report as trace_report
from stockfeed.trace.app import find
from stockfeed.verify import report as verify_report
from stockfeed.verify.app import Options, verify

# No run takes a day, and at this point every quote has reached gold: no patience is needed.
_RANGE = Options(start="24h", end=None, patience="0s", models=True, as_json=False)


@dataclass(frozen=True, slots=True)
class Inspection:
    """The results of verify and trace.

    Attributes:
        findings: One line per break between two stages; empty if the run is exact.
        verified: Output of `stockfeed verify`.
        traced: Output of `stockfeed trace` for one symbol's newest event.
    """

    findings: list[str]
    verified: str
    traced: str


def inspect(environ: Mapping[str, str], symbol: str) -> Inspection:
    """Verifies the complete run, and traces one symbol's newest event.

    Args:
        environ: Environment of a loader, plus Kafka's address.
        symbol: The symbol to trace.

    Raises:
        StockfeedError: A stage cannot be read, or the symbol has no event.
    """
    settings = InspectionSettings.from_env(environ)
    verdict = verify(settings, environ, _RANGE)
    trace = find(settings, environ, symbol, None)
    return Inspection(
        findings=verify_report.findings(verdict),
        verified=verify_report.text(verdict),
        traced=trace_report.text(trace),
    )
