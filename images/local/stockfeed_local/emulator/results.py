"""The newest results by query id, for RESULT_SCAN; fakesnow would keep them all for ever."""

from typing import Any

KEPT = 64


class RecentResults(dict[str, tuple[Any, ...]]):
    """A mapping that forgets its oldest entries."""

    def __setitem__(self, key: str, value: tuple[Any, ...]) -> None:
        super().__setitem__(key, value)
        while len(self) > KEPT:
            self.pop(next(iter(self)), None)
