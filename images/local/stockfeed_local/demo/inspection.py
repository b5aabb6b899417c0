"""The run as `stockfeed verify` and `stockfeed trace` see it, while its services run."""

from collections.abc import Mapping
from dataclasses import dataclass

from stockfeed.settings import InspectionSettings
from stockfeed.trace import report as trace_report
from stockfeed.trace.app import find
from stockfeed.verify import report as verify_report
from stockfeed.verify.app import Options, verify

# All is through when this is asked, and no run lasts as long.
_RANGE = Options(start="24h", end=None, patience="0s", models=True, as_json=False)


@dataclass(frozen=True, slots=True)
class Inspection:
    """What the two commands say.

    Attributes:
        findings: a line for each break between two stages; none in a good run.
        verified: what `stockfeed verify` prints.
        traced: what `stockfeed trace` prints of one symbol's newest event.
    """

    findings: list[str]
    verified: str
    traced: str


def inspect(environ: Mapping[str, str], symbol: str) -> Inspection:
    """Verifies the whole run, and follows one symbol's newest event.

    Args:
        environ: as a loader's, with Kafka's address.
        symbol: one of the tape.

    Raises:
        StockfeedError: a stage could not be read, or the symbol has no event.
    """
    settings = InspectionSettings.from_env(environ)
    verdict = verify(settings, environ, _RANGE)
    trace = find(settings, environ, symbol, None)
    return Inspection(
        findings=verify_report.findings(verdict),
        verified=verify_report.text(verdict),
        traced=trace_report.text(trace),
    )
