"""Whether silver counts every good row exactly once."""

from collections.abc import Iterator

from stockfeed.verify.facts import PartitionFacts
from stockfeed.verify.findings import Finding, Kind


def check_modelled(facts: PartitionFacts) -> Iterator[Finding]:
    """Rows that no build came to, quotes that silver lacks, and those that it has twice."""
    found = facts.modelled
    if found is None:
        return
    if found.late:
        yield Finding(Kind.NOT_BUILT, f"{found.late} loaded rows are in no build yet")
    where = f", e.g. at offset {found.example}"
    if found.missing:
        yield Finding(
            Kind.MISSING_IDENTITY, f"silver lacks the quotes of {found.missing} rows{where}"
        )
    if found.unseen:
        yield Finding(
            Kind.MISSING_IDENTITY,
            f"silver has the quotes of {found.unseen} rows, but says that it saw them at other "
            f"times only{where}",
        )
    if found.repeated:
        yield Finding(
            Kind.DUPLICATE_IDENTITY,
            f"silver has the quotes of {found.repeated} rows more than once{where}",
        )
