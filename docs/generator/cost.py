"""The tables of docs/cost.md: the cost of a feed, from its schedule, its size and prices.

`.venv/bin/python docs/generator/cost.py --credit 2.60` prints them with your price of a credit.

Tests compare the numbers here with the pipeline's: requests and statements of real loads in
tests/integration/snowflake, bytes of landed objects in tests/unit/docs/test_cost.py.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import click

MINUTES_A_DAY = 24 * 60
DAYS_A_MONTH = 30
AUTO_SUSPEND = 60
"""Seconds; set for the warehouse in setup.sql."""
BUSY = 20
"""Seconds for which a load and a build keep the warehouse busy; an assumption, not measured."""
MINIMUM = 60
"""Seconds that each resume is billed for at least.

Source: Snowflake's documentation, "Understanding compute cost".
"""
SIZES = {"X-Small": 1, "Small": 2, "Medium": 4, "Large": 8}
"""Credits an hour; same source."""
SESSION_HOURS = 6.5 + 2 / 60
"""A regular session of XNYS; the operator starts a feed two minutes before it."""
SESSIONS_A_MONTH = 21

BYTES_A_QUOTE = 33
"""Compressed, as in the bucket."""
BYTES_AN_OBJECT = 160
"""Overhead of an object, whatever the number of its quotes."""


@dataclass(frozen=True)
class Prices:
    """Prices in dollars. docs/cost.md gives the source of the defaults; contracts differ."""

    credit: float
    write: float = 0.005 / 1000
    """For a PUT or LIST request to S3."""
    read: float = 0.0004 / 1000
    """For a GET request to S3."""
    storage: float = 0.023
    """For a GB in S3, a month."""


@dataclass(frozen=True)
class Feed:
    """Feeds of one size.

    Attributes:
        name: describes the size.
        feeds: number of feeds.
        groups: groups in a feed.
        symbols: symbols in a feed.
        partitions: Kafka partitions of a group.
        poll: seconds between two polls of a symbol.
        rotate: seconds after which a partition's quotes are landed.
    """

    name: str
    feeds: int
    groups: int
    symbols: int
    partitions: int = 3
    poll: int = 6
    rotate: int = 15

    @property
    def quotes(self) -> float:
        """Quotes a minute if each poll returns a new one: the maximum."""
        return self.feeds * self.symbols * 60 / self.poll

    @property
    def objects(self) -> float:
        """Objects a minute if each partition has quotes to land at each rotation: the maximum."""
        return self.feeds * self.groups * self.partitions * 60 / self.rotate


FEEDS = (
    Feed("the sample: 7 symbols, 2 groups", 1, 2, 7),
    Feed("500 symbols, 5 groups", 1, 5, 500),
    Feed("10,000 symbols, 10 feeds of 10 groups", 10, 10, 1000),
)


def lists(groups: int, topics: int, partitions: int) -> int:
    """Returns the LIST requests of a load: for the feed and each group, topic and partition.

    Args:
        groups: groups of the feed.
        topics: topics of all groups.
        partitions: partitions of all topics.
    """
    return 1 + groups + topics + partitions


def statements(partitions: int) -> int:
    """Returns the statements of a load that finds objects in this number of partitions."""
    return 3 if partitions == 0 else 12 + partitions


def awake(cadence: int, busy: float = BUSY) -> float:
    """Returns the seconds billed for one run, at one run every `cadence` minutes."""
    return min(cadence * 60, max(MINIMUM, busy + AUTO_SUSPEND))


def credits_used(cadence: int, minutes: float, size: str = "X-Small") -> float:
    """Returns the credits used in a number of minutes, at one run every `cadence` minutes."""
    return minutes / cadence * awake(cadence) / 3600 * SIZES[size]


def tables(prices: Prices) -> str:
    """Returns all tables, in Markdown."""
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
    """Returns the page with each table replaced, between the comments with its number."""
    for number, table in enumerate(tables(prices).split("\n\n"), start=1):
        begin, end = f"<!-- table {number}: begin -->\n", f"<!-- table {number}: end -->\n"
        before, _, rest = text.partition(begin)
        _, _, after = rest.partition(end)
        text = before + begin + table.rstrip("\n") + "\n" + end + after
    return text


CREDIT = 3.0


@click.command(help=__doc__)
@click.option("--credit", default=CREDIT, show_default=True, help="Price of a credit, in dollars.")
def main(credit: float) -> None:
    """Prints the tables."""
    click.echo(tables(Prices(credit)))


if __name__ == "__main__":
    main()
