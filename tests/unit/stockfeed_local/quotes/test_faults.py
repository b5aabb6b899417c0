from stockfeed_local.quotes.faults import Fault, FaultKind, Faults


def test_fault_applies_to_count_responses() -> None:
    faults = Faults()
    faults.add(Fault(kind=FaultKind.ERROR, count=2))

    taken = [faults.next("A") for _ in range(3)]

    assert [fault and fault.kind for fault in taken] == [FaultKind.ERROR, FaultKind.ERROR, None]


def test_fault_for_a_symbol_does_not_affect_other_symbols() -> None:
    faults = Faults()
    faults.add(Fault(kind=FaultKind.ZEROS, symbol="A"))

    assert faults.next("B") is None
    assert faults.next("A") is not None


def test_faults_apply_in_the_order_they_were_added() -> None:
    faults = Faults()
    for kind in (FaultKind.SLOW, FaultKind.RATE_LIMIT):
        faults.add(Fault(kind=kind))

    taken = [faults.next("A") for _ in range(2)]

    assert [fault and fault.kind for fault in taken] == [FaultKind.SLOW, FaultKind.RATE_LIMIT]


def test_clear_discards_pending_faults() -> None:
    faults = Faults()
    faults.add(Fault(kind=FaultKind.ERROR, count=9))

    faults.clear()

    assert faults.next("A") is None
