"""The tables of docs/cost.md: what a feed costs, from its cadence, its size and prices.

    .venv/bin/python tests/bench/cost.py --credit 2.60     prints them with your price
    .venv/bin/python tests/bench/cost.py --write           writes them into the page

What the pipeline does is counted elsewhere, and compared with the numbers here: requests and
statements of real loads by tests/integration/snowflake, landed bytes by tests/unit/bench.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

PAGE = Path(__file__).parents[2] / "docs" / "cost.md"

MINUTES_A_DAY = 24 * 60
DAYS_A_MONTH = 30
AUTO_SUSPEND = 60
"""Seconds; of the warehouse in setup.sql."""
BUSY = 20
"""Seconds that a load and a build keep the warehouse busy. An assumption: measured nowhere."""
MINIMUM = 60
"""Seconds that each resume is billed at least (Snowflake's documentation, "Understanding compute
cost")."""
SIZES = {"X-Small": 1, "Small": 2, "Medium": 4, "Large": 8}
"""Credits an hour (the same page)."""
SESSION_HOURS = 6.5 + 2 / 60
"""A regular session of XNYS, and the two minutes by which the operator starts a feed before it."""
SESSIONS_A_MONTH = 21

BYTES_A_QUOTE = 33
"""Compressed, in the bucket."""
BYTES_AN_OBJECT = 160
"""What each object takes beyond its quotes."""


@dataclass(frozen=True)
class Prices:
    """Dollars. Yours are in your contracts; see docs/cost.md for where these come from."""

    credit: float
    write: float = 0.005 / 1000
    """A PUT or LIST request to S3."""
    read: float = 0.0004 / 1000
    """A GET request."""
    storage: float = 0.023
    """A GB in S3 for a month."""


@dataclass(frozen=True)
class Feed:
    """Sizes of feeds of one kind; `symbols` a feed, `poll` and `rotate` in seconds."""

    name: str
    feeds: int
    groups: int
    symbols: int
    partitions: int = 3
    poll: int = 6
    rotate: int = 15

    @property
    def quotes(self) -> float:
        """A minute, if each poll finds a new quote: the most there can be."""
        return self.feeds * self.symbols * 60 / self.poll

    @property
    def objects(self) -> float:
        """A minute, if each partition has something to land at each rotation."""
        return self.feeds * self.groups * self.partitions * 60 / self.rotate


FEEDS = (
    Feed("the sample: 7 symbols, 2 groups", 1, 2, 7),
    Feed("500 symbols, 5 groups", 1, 5, 500),
    Feed("10,000 symbols, 10 feeds of 10 groups", 10, 10, 1000),
)


def lists(groups: int, topics: int, partitions: int) -> int:
    """LIST requests of a load: the feed, each group, each topic, each partition in all."""
    return 1 + groups + topics + partitions


def statements(partitions: int) -> int:
    """Statements of a load that finds objects in so many partitions."""
    return 3 if partitions == 0 else 12 + partitions


def awake(cadence: int, busy: float = BUSY) -> float:
    """Seconds for which the warehouse is billed for one run, at one run in `cadence` minutes."""
    return min(cadence * 60, max(MINIMUM, busy + AUTO_SUSPEND))


def credits_used(cadence: int, minutes: float, size: str = "X-Small") -> float:
    """Credits for so many minutes with a run each `cadence` minutes."""
    return minutes / cadence * awake(cadence) / 3600 * SIZES[size]


def tables(prices: Prices) -> str:
    """All of them, in Markdown."""
    return "\n".join([_warehouse(prices), _sizes(prices), _requests(prices), _storage(prices)])


def _warehouse(prices: Prices) -> str:
    def row(cadence: int) -> tuple[str, ...]:
        day = credits_used(cadence, MINUTES_A_DAY)
        session = credits_used(cadence, SESSION_HOURS * 60)
        return (
            f"`{_schedule(cadence)}`",
            f"{awake(cadence):.0f} s in {cadence * 60} s",
            f"{day:.1f}",
            _month(day * DAYS_A_MONTH, prices),
            f"{session:.1f}",
            _month(session * SESSIONS_A_MONTH, prices),
        )

    head = ("`schedule`", "awake", "credits a day", "a month", "a session", "a month of sessions")
    return _table(head, (row(cadence) for cadence in (1, 2, 5, 10, 15, 30, 60)))


def _schedule(cadence: int) -> str:
    return {1: "* * * * *", 60: "0 * * * *"}.get(cadence, f"*/{cadence} * * * *")


def _month(amount: float, prices: Prices) -> str:
    return f"{amount:.0f} ({_dollars(amount * prices.credit)})"


def _sizes(prices: Prices) -> str:
    def row(size: str) -> tuple[str, ...]:
        day = credits_used(1, MINUTES_A_DAY, size)
        month = day * DAYS_A_MONTH
        return (size, f"{day:.0f}", f"{month:.0f}", _dollars(month * prices.credit))

    return _table(("size, each minute", "credits a day", "a month", "dollars"), map(row, SIZES))


def _requests(prices: Prices) -> str:
    def row(feed: Feed) -> tuple[str, ...]:
        partitions = feed.groups * feed.partitions
        listed = feed.feeds * lists(feed.groups, feed.groups, partitions)
        minutes = MINUTES_A_DAY * DAYS_A_MONTH
        idle = listed * prices.write * minutes
        full = (listed + feed.objects) * prices.write + feed.objects * prices.read
        return (
            feed.name,
            f"{feed.feeds * partitions}",
            f"{listed}",
            f"{feed.objects:.0f}",
            f"{feed.objects:.0f}",
            _dollars(idle),
            _dollars(full * minutes),
        )

    head = ("feeds", "partitions", "LIST", "PUT", "GET", "a month, all empty", "a month, all full")
    return _table(head, map(row, FEEDS))


def _storage(prices: Prices) -> str:
    def row(feed: Feed) -> tuple[str, ...]:
        minute = feed.quotes * BYTES_A_QUOTE + feed.objects * BYTES_AN_OBJECT
        month = minute * MINUTES_A_DAY * DAYS_A_MONTH / 1e9
        return (
            feed.name,
            f"{feed.quotes:,.0f}",
            f"{feed.quotes * MINUTES_A_DAY * DAYS_A_MONTH / 1e6:,.1f} million",
            f"{month:.2f}",
            _dollars(month * prices.storage),
        )

    head = ("feeds", "quotes a minute, at most", "a month", "GB a month", "its price for a month")
    return _table(head, map(row, FEEDS))


def _dollars(amount: float) -> str:
    return f"${amount:,.2f}" if amount < 10 else f"${amount:,.0f}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(cells)} |\n" for cells in (head, *rows)]
    return lines[0] + "|" + "---|" * len(head) + "\n" + "".join(lines[1:])


def page(text: str, prices: Prices) -> str:
    """The page with each table in its place: behind the comment with the table's number."""
    for number, table in enumerate(tables(prices).split("\n\n"), start=1):
        begin, end = f"<!-- table {number}: begin -->\n", f"<!-- table {number}: end -->\n"
        before, _, rest = text.partition(begin)
        _, _, after = rest.partition(end)
        text = before + begin + table.rstrip("\n") + "\n" + end + after
    return text


CREDIT = 3.0


@click.command(help=__doc__)
@click.option("--credit", default=CREDIT, show_default=True, help="Dollars for a credit.")
@click.option("--write", is_flag=True, help="Write the tables into docs/cost.md.")
def main(credit: float, write: bool) -> None:
    """Prints or writes the tables."""
    prices = Prices(credit)
    if write:
        PAGE.write_text(page(PAGE.read_text(), prices))
    else:
        click.echo(tables(prices))


if __name__ == "__main__":
    main()
