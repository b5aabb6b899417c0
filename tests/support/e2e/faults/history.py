"""The history of a feed's objects: the forms that each takes.

An object's form is the hash of its manifest, which the operator stores in an annotation.
"""

import threading
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import groupby

from stockfeed_operator.plan.apply import HASH_ANNOTATION
from support.e2e.feeds import OWNED_KINDS
from support.e2e.kube import Kube, Manifest

Name = tuple[str, str]
Forms = dict[Name, tuple[str, str]]
"""Of each object, by kind and name, its uid and the hash of what the operator applied."""


def forms(kube: Kube, feed: str) -> Forms:
    """Returns the present forms of the feed's objects."""
    return {
        _name(kind, found): (found["metadata"]["uid"], _form(found))
        for kind in OWNED_KINDS
        for found in kube.find(kind, f"stockfeed.dev/feed={feed}")
    }


@dataclass
class History:
    """Records the forms that a feed's objects take from now on.

    Attributes:
        kube: the cluster.
        feed: the feed's name.
        seconds: the duration of the recording.
        begun: set when the first object has been created, changed or deleted.
    """

    kube: Kube
    feed: str
    seconds: int
    begun: threading.Event = field(default_factory=threading.Event)
    _seen: dict[Name, list[str]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        self._before = forms(self.kube, self.feed)
        for kind in OWNED_KINDS:
            version = self.kube.version(kind)
            threading.Thread(target=self._look, args=(kind, version), daemon=True).start()

    def taken(self) -> dict[Name, list[str]]:
        """Returns the forms of each object in order; an empty form means that it was deleted."""
        seen = list(self._seen.items())  # a copy, because it grows meanwhile
        return {name: [form for form, _ in groupby(taken)] for name, taken in seen}

    def _look(self, kind: str, version: str) -> None:
        selector = f"stockfeed.dev/feed={self.feed}"
        for event, found in self.kube.watch(kind, selector, version, self.seconds):
            name = _name(kind, found)
            form = "" if event == "DELETED" else _form(found)
            # Changes without a new form are other writes, such as of the status.
            if self._seen.get(name) or form != self._before.get(name, ("", ""))[1]:
                self._seen[name].append(form)
                self.begun.set()


def _name(kind: str, found: Manifest) -> Name:
    return kind, str(found["metadata"]["name"])


def _form(found: Manifest) -> str:
    return str((found["metadata"].get("annotations") or {}).get(HASH_ANNOTATION, ""))
