"""A consumer is killed while it lands an object: the kill is put between the request and its
answer, wherever the request has come to by then.

The next consumer lands the interval if the store has not got it, and goes on behind it if it has.
Whether all of it came to gold once is judged with the other faults, at the end.
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
# The flush is due some seconds after the last; the client waits 30 s for an answer.
_UNTIL_FLUSH = 20


def test_killed_before_the_store_got_the_object(
    faulty: Faulty, kube: Kube, figures: Figures
) -> None:
    consumer = _calm_consumer(faulty, kube)
    with inside.cut(consumer.address, consumer.store["status"]["podIP"]):
        stored = consumer.objects()
        _kill_in_mid_flush(kube, consumer, consumer.request_is_out)
    assert consumer.objects() == stored, "the store has got nothing of it"
    _lands_again(kube, figures, stored, "before the object was stored")


def test_killed_before_it_saw_that_the_object_is_stored(
    faulty: Faulty, kube: Kube, figures: Figures
) -> None:
    consumer = _calm_consumer(faulty, kube)
    before = consumer.objects()
    # Bare acknowledgements pass: they carry no data and so no PSH.
    answers = ("--tcp-flags", "PSH", "PSH")
    with inside.cut(consumer.store["status"]["podIP"], consumer.address, *answers):
        _kill_in_mid_flush(
            kube,
            consumer,
            lambda: consumer.answer_is_out() and consumer.objects() != before,
        )
        stored = consumer.objects()
    assert len(stored) == len(before) + 1, "the store has got the object"
    _lands_again(kube, figures, stored, "after the object was stored")


def test_killed_while_the_store_has_the_request_unread(
    faulty: Faulty, kube: Kube, figures: Figures
) -> None:
    """The store may serve the dead consumer's request while the next one takes over."""
    consumer = _calm_consumer(faulty, kube)
    stored = consumer.objects()
    with inside.frozen(consumer.store):
        _kill_in_mid_flush(kube, consumer, consumer.request_is_unread)
    _lands_again(kube, figures, stored, "with its request unread")


def _calm_consumer(faulty: Faulty, kube: Kube) -> Consumer:
    """The group's consumer, when a flush of it has just ended."""
    faulty.moves()
    consumer = consumer_of(kube, FEED, _GROUP)
    consumer.wait_for_calm()
    return consumer


def _kill_in_mid_flush(kube: Kube, consumer: Consumer, is_open: Callable[[], bool]) -> None:
    """Kills the pod when a flush is open, and sees to it that it was open to the end."""
    finished, running = consumer.finished(), inside.processes(consumer.pod)
    until("a flush to be open", lambda: is_open() and consumer.behind(), _UNTIL_FLUSH, pause=0.1)
    time.sleep(_OPEN_SECONDS)
    assert is_open()
    assert consumer.behind()
    assert consumer.finished() == finished, "by its metrics, no flush has ended since"
    # A pod has a second to end in; this one must not even begin to.
    inside.kill(running)
    kube.delete("Pod", consumer.pod["metadata"]["name"], grace=0)
    inside.wait_for_end(running)


def _lands_again(kube: Kube, figures: Figures, stored: Mapping[str, str], when: str) -> None:
    began = time.monotonic()
    successor = consumer_of(kube, FEED, _GROUP)
    until("another flush", successor.finished, 90)
    figures.note(f"Consumer killed {when}: landing again", f"{time.monotonic() - began:.0f} s")
    objects = successor.objects()
    assert len(objects) > len(stored)
    assert stored.items() <= objects.items(), "what was stored is as it was"
