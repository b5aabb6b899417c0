import asyncio
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockfeed.producer.provider import Quote
from stockfeed.producer.publication import LastPublication
from stockfeed.producer.schedule import Cadence

Delivery = asyncio.Future[bool]


def quote(price: int, etag: str | None = None) -> Quote:
    return Quote(("A", 1, price), b"{}", 1, etag)


@pytest.fixture(scope="module")
def future() -> Iterator[Callable[[], Delivery]]:
    """Creates a future that the test completes."""
    loop = asyncio.new_event_loop()
    yield loop.create_future
    loop.close()


@pytest.fixture(scope="module")
def delivered(future: Callable[[], Delivery]) -> Callable[[bool], Delivery]:
    def make(acknowledged: bool) -> Delivery:
        delivery = future()
        delivery.set_result(acknowledged)
        return delivery

    return make


def test_publishes_the_first_quote() -> None:
    last = LastPublication(Cadence(6.0, None))
    assert last.should_publish(quote(1), 0.0)
    assert last.etag(0.0) is None
    assert last.pending is None


def test_does_not_repeat_quotes_that_are_in_flight_or_acknowledged(
    future: Callable[[], Delivery],
) -> None:
    last, delivery = LastPublication(Cadence(6.0, None)), future()
    last.record(quote(1), 0.0, delivery)
    assert last.pending is delivery
    assert not last.should_publish(quote(1), 1.0)
    assert last.should_publish(quote(2), 1.0)
    delivery.set_result(True)
    assert last.pending is None
    assert not last.should_publish(quote(1), 1e9)
    assert last.should_publish(quote(2), 1.0)


def test_publishes_every_quote_after_a_failed_delivery(
    delivered: Callable[[bool], Delivery],
) -> None:
    last = LastPublication(Cadence(6.0, None))
    last.record(quote(1), 0.0, delivered(True))
    last.record(quote(2), 1.0, delivered(False))
    assert last.should_publish(quote(2), 2.0)
    assert last.should_publish(quote(1), 2.0)


def test_etag_is_available_only_after_acknowledgement(future: Callable[[], Delivery]) -> None:
    last, delivery = LastPublication(Cadence(6.0, None)), future()
    last.record(quote(1, "one"), 0.0, delivery)
    assert last.etag(1.0) is None
    delivery.set_result(True)
    assert last.etag(1.0) == "one"
    last.record(quote(2, "two"), 2.0, future())
    assert last.etag(3.0) is None


def test_no_etag_after_a_failed_delivery(delivered: Callable[[bool], Delivery]) -> None:
    last = LastPublication(Cadence(6.0, None))
    last.record(quote(1, "one"), 0.0, delivered(False))
    assert last.etag(1.0) is None


def test_heartbeat_is_due_if_the_next_poll_would_be_late(
    delivered: Callable[[bool], Delivery],
) -> None:
    last = LastPublication(Cadence(6.0, 60.0))
    last.record(quote(1, "one"), 0.0, delivered(True))
    assert not last.should_publish(quote(1), 54.0)
    assert last.etag(54.0) == "one"
    assert last.should_publish(quote(1), 54.1)
    # Without an ETag the API returns the complete quote, which can be published.
    assert last.etag(54.1) is None


def test_no_heartbeat_while_a_quote_is_in_flight(future: Callable[[], Delivery]) -> None:
    last = LastPublication(Cadence(6.0, 60.0))
    last.record(quote(1), 0.0, future())
    assert not last.should_publish(quote(1), 1e6)


prices = st.integers(1, 3)


@given(st.lists(prices, max_size=60))
def test_publishes_each_run_of_equal_quotes_once_if_acknowledged(
    delivered: Callable[[bool], Delivery], answers: list[int]
) -> None:
    last, published = LastPublication(Cadence(1.0, None)), list[int]()
    for now, price in enumerate(answers):
        if last.should_publish(quote(price), now):
            published.append(price)
            last.record(quote(price), now, delivered(True))
    runs = [price for i, price in enumerate(answers) if i == 0 or answers[i - 1] != price]
    assert published == runs


@given(st.lists(st.tuples(prices, st.sampled_from(["acknowledge", "fail", "wait"])), max_size=60))
def test_suppresses_a_quote_only_if_it_is_the_last_one_and_has_not_failed(
    future: Callable[[], Delivery], steps: list[tuple[int, str]]
) -> None:
    last = LastPublication(Cadence(1.0, None))
    deliveries: list[tuple[int, Delivery]] = []
    for now, (price, fate) in enumerate(steps):
        newest = deliveries[-1] if deliveries else None
        suppressed = (
            newest is not None
            and newest[0] == price
            and (not newest[1].done() or newest[1].result())
        )
        assert last.should_publish(quote(price), now) == (not suppressed)
        if not suppressed:
            deliveries.append((price, future()))
            last.record(quote(price), now, deliveries[-1][1])
        if fate != "wait" and not deliveries[-1][1].done():
            deliveries[-1][1].set_result(fate == "acknowledge")
