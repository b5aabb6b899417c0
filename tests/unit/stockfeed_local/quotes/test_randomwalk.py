import itertools
import json
from typing import Any

from stockfeed_local.quotes.randomwalk import RandomWalk

NOON = 1_713_441_600


def walk(seed: int, count: int, start: int = NOON) -> list[dict[str, Any]]:
    """Returns the quotes of `count` polls, one per second."""
    clock = itertools.count(start)
    source = RandomWalk(["A", "B"], seed, clock=lambda: float(next(clock)))
    replies = [source.poll("A", None) for _ in range(count)]
    return [json.loads(reply.body) for reply in replies if reply and reply.body]


def test_walk_is_determined_by_its_seed() -> None:
    assert walk(1, 50) == walk(1, 50)
    assert walk(1, 50) != walk(2, 50)


def test_prices_stay_between_low_and_high_and_some_responses_are_stale() -> None:
    quotes = walk(1, 200)

    assert len({quote["c"] for quote in quotes}) > 50
    assert all(0 < quote["l"] <= quote["c"] <= quote["h"] for quote in quotes)
    times = [quote["t"] for quote in quotes]
    assert times == sorted(times)
    assert 10 < len(times) - len(set(times)) < 100


def test_new_day_starts_with_the_last_price_as_previous_close() -> None:
    midnight = NOON + 43_200
    quotes = walk(1, 20, start=midnight - 10)
    before = [quote for quote in quotes if quote["t"] < midnight]
    after = [quote for quote in quotes if quote["t"] >= midnight]

    assert after[0]["pc"] == before[-1]["c"]
    assert after[0]["o"] == after[0]["h"] == after[0]["l"] == after[0]["c"]


def test_unknown_symbol_has_no_quote_and_walk_has_no_progress() -> None:
    source = RandomWalk(["A"], seed=1)

    assert source.poll("B", None) is None
    assert source.progress() == {}
