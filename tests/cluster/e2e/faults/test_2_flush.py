"""A consumer is killed while it lands an object, between the request and its response.

The next consumer lands the interval if the object store does not have it, and otherwise continues
after it. The last test of all faults checks that every quote reached gold once.
"""

import time
from collections.abc import Callable, Mapping

from cluster.e2e.faults.conftest import FEED, Faulty
from support.e2e.faults import inside
from support.e2e.faults.landing import Consumer, consumer_of
from support.e2e.figures import Figures
from support.e2e.kube import Kube, until

_GROUP = "late"
_OPEN_SECONDS = 2.0
# The flush starts some seconds after the last one; its client's timeout is 30 s.
_UNTIL_FLUSH = 20


def test_consumer_killed_before_the_object_is_stored(
    faulty: Faulty, kube: Kube, figures: Figures
) -> None:
    consumer = _calm_consumer(faulty, kube)
    with inside.cut(consumer.address, consumer.store["status"]["podIP"]):
        stored = consumer.objects()
        _kill_in_mid_flush(kube, consumer, consumer.request_is_out)
    assert consumer.objects() == stored, "the store has got nothing of it"
    _wait_for_next_object(kube, figures, stored, "before the object was stored")


def test_consumer_killed_before_it_gets_the_response(
    faulty: Faulty, kube: Kube, figures: Figures
) -> None:
    consumer = _calm_consumer(faulty, kube)
    before = consumer.objects()
    # Lets bare acknowledgements pass: they carry no data, so PSH is not set.
    answers = ("--tcp-flags", "PSH", "PSH")
    with inside.cut(consumer.store["status"]["podIP"], consumer.address, *answers):
        _kill_in_mid_flush(
            kube,
            consumer,
            lambda: consumer.response_is_out() and consumer.objects() != before,
        )
        stored = consumer.objects()
    assert len(stored) == len(before) + 1, "the store has got the object"
    _wait_for_next_object(kube, figures, stored, "after the object was stored")


def test_consumer_killed_while_its_request_is_unread(
    faulty: Faulty, kube: Kube, figures: Figures
) -> None:
    """The object store may serve the dead consumer's request while the next one takes over."""
    consumer = _calm_consumer(faulty, kube)
    stored = consumer.objects()
    with inside.frozen(consumer.store):
        _kill_in_mid_flush(kube, consumer, consumer.request_is_unread)
    _wait_for_next_object(kube, figures, stored, "with its request unread")


def _calm_consumer(faulty: Faulty, kube: Kube) -> Consumer:
    """Returns the group's consumer when a flush of it has just ended."""
    faulty.wait_for_progress()
    consumer = consumer_of(kube, FEED, _GROUP)
    consumer.wait_for_flush()
    return consumer


def _kill_in_mid_flush(kube: Kube, consumer: Consumer, is_open: Callable[[], bool]) -> None:
    """Kills the pod during a flush, and checks that the flush had not ended by then."""
    finished, running = consumer.finished(), inside.processes(consumer.pod)
    until("a flush to be open", lambda: is_open() and consumer.lag(), _UNTIL_FLUSH, pause=0.1)
    time.sleep(_OPEN_SECONDS)
    assert is_open()
    assert consumer.lag()
    assert consumer.finished() == finished, "by its metrics, no flush has ended since"
    # Deletion gives a pod at least a second, but this one must not even begin to shut down.
    inside.kill(running)
    kube.delete("Pod", consumer.pod["metadata"]["name"], grace=0)
    inside.wait_for_end(running)


def _wait_for_next_object(
    kube: Kube, figures: Figures, stored: Mapping[str, str], when: str
) -> None:
    began = time.monotonic()
    successor = consumer_of(kube, FEED, _GROUP)
    until("another flush", successor.finished, 90)
    figures.note(f"Consumer killed {when}: landing again", f"{time.monotonic() - began:.0f} s")
    objects = successor.objects()
    assert len(objects) > len(stored)
    assert stored.items() <= objects.items(), "what was stored is as it was"
