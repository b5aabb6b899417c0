"""Generated quotes, as the consumer lands them, for tests of the dbt models."""

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

NEW_YORK = ZoneInfo("America/New_York")
SEED = 20240310

Line = dict[str, Any]


@dataclass
class Stream:
    """Generates landed lines around both daylight saving changes of 2024."""

    chance: random.Random = field(default_factory=lambda: random.Random(SEED))
    offset: int = 0

    def line(self, symbol: str, t: int, c: Any, **fields: Any) -> Line:
        """Returns one quote, polled within milliseconds of t or days later."""
        self.offset += 1
        delay = self.chance.randrange(1, 4) * self.chance.choice([1, 1, 86_400_000])
        meta = {"topic": "q", "partition": 0, "offset": self.offset, "timestamp": t * 1000 + delay}
        return {"symbol": symbol, "c": c, "t": t, **fields, "_meta": meta}

    def again(self, line: Line) -> Line:
        """Returns the same quote as polled and published again."""
        return self.line(**{name: value for name, value in line.items() if name != "_meta"})

    def walk(self, count: int) -> list[Line]:
        """Returns random quotes: missing fields, repetitions, equal times, late arrivals."""
        return [self._step() for _ in range(count)]

    def _step(self) -> Line:
        start = self.chance.choice([unix(2024, 3, 9, 23), unix(2024, 11, 2, 23)])
        t = start + self.chance.choice([7, 13, 3600, 7200]) * self.chance.randrange(12)
        values = [None, 100, 100.25, 99.98765]
        names = [name for name in ("o", "h", "l", "pc") if self.chance.random() < 0.7]
        symbol = self.chance.choice(["RND1", "RND2", "BRK.B"])
        price = self.chance.choice([99.5, 100, 100.12345, 101])
        return self.line(symbol, t, price, **{name: self.chance.choice(values) for name in names})

    def days(self, numbers: Iterable[int]) -> list[Line]:
        """Returns one quote per day of one symbol, across the daylight saving change in March."""
        noon = unix(2024, 2, 20, 12)
        return [self.line("VOL", noon + 86_400 * n, 50 + n * 7919 % 13, pc=50) for n in numbers]

    def bad(self) -> list[Line]:
        """Returns lines that silver excludes."""
        t = unix(2024, 3, 9, 23)
        lines = [
            self.line("RND1", t, "abc"),
            self.line("RND1", t, 0),
            self.line("RND1", t, 1e30),
            self.line("RND1", t * 1000, 5),
            self.line("", t, 5),
            self.line("RND1", t, 5, h=True),
            self.line("RND1", t, 5, pc={"no": "number"}),
        ]
        return [
            *lines,
            {"_error": "no JSON", "_raw": "eA==", "_meta": self.line("", t, 5)["_meta"]},
        ]


def unix(*moment: int) -> int:
    year, month, day, hour = moment
    return int(datetime(year, month, day, hour, tzinfo=NEW_YORK).timestamp())
