from stockfeed_local.quotes.faults import Fault, FaultKind, Faults


def test_an_order_is_used_up_by_its_count() -> None:
    faults = Faults()
    faults.add(Fault(kind=FaultKind.ERROR, count=2))

    taken = [faults.next("A") for _ in range(3)]

    assert [fault and fault.kind for fault in taken] == [FaultKind.ERROR, FaultKind.ERROR, None]


def test_an_order_for_a_symbol_leaves_the_others_alone() -> None:
    faults = Faults()
    faults.add(Fault(kind=FaultKind.ZEROS, symbol="A"))

    assert faults.next("B") is None
    assert faults.next("A") is not None


def test_orders_are_used_in_the_order_they_came() -> None:
    faults = Faults()
    for kind in (FaultKind.SLOW, FaultKind.RATE_LIMIT):
        faults.add(Fault(kind=kind))

    taken = [faults.next("A") for _ in range(2)]

    assert [fault and fault.kind for fault in taken] == [FaultKind.SLOW, FaultKind.RATE_LIMIT]


def test_cleared_orders_are_gone() -> None:
    faults = Faults()
    faults.add(Fault(kind=FaultKind.ERROR, count=9))

    faults.clear()

    assert faults.next("A") is None
