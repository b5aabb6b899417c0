from dataclasses import replace

from stockfeed.verify.facts import Head, PartitionFacts
from stockfeed.verify.findings import Kind
from stockfeed.verify.ledger import check_ledger


def kinds(facts: PartitionFacts) -> list[Kind]:
    return [found.kind for found in check_ledger(facts)]


def test_finds_nothing_in_an_unbroken_chain(complete: PartitionFacts) -> None:
    assert kinds(complete) == []


def test_gap_names_its_offsets(complete: PartitionFacts) -> None:
    first, _, *rest = complete.intervals
    (found,) = check_ledger(replace(complete, intervals=(first, *rest)))
    assert found.kind is Kind.GAP
    assert "offsets 10 to 19 are in no object" in found.text


def test_overlap_names_both_objects(complete: PartitionFacts) -> None:
    first, second, *rest = complete.intervals
    longer = replace(first, end=12)
    (found,) = check_ledger(replace(complete, intervals=(longer, second, *rest)))
    assert found.kind is Kind.OVERLAP
    assert first.key in found.text
    assert second.key in found.text


def test_object_recorded_twice_overlaps_itself(complete: PartitionFacts) -> None:
    first, *rest = complete.intervals
    assert kinds(replace(complete, intervals=(first, first, *rest))) == [Kind.OVERLAP]


def test_finds_lost_offsets(complete: PartitionFacts) -> None:
    first, *rest = complete.intervals
    lost = replace(first, rows=0, errors=0, lost=10, last_ms=None)
    assert kinds(replace(complete, intervals=(lost, *rest))) == [Kind.LOST]


def test_finds_a_position_that_is_not_the_chains_end(complete: PartitionFacts) -> None:
    for position in (39, 41, None):
        head = Head(first=0, end=40, position=position)
        assert kinds(replace(complete, head=head)) == [Kind.POSITION]


def test_finds_a_chain_that_starts_after_offsets_still_in_kafka(complete: PartitionFacts) -> None:
    head = Head(first=5, end=40, position=40)
    assert kinds(replace(complete, head=head)) == [Kind.GAP]
    assert complete.broker_log is not None
    log = replace(complete.broker_log, low=5)
    assert kinds(replace(complete, head=head, broker_log=log)) == []
