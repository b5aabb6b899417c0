import json
from decimal import Decimal

from stockfeed_local.quotes.quote import Quote
from stockfeed_local.quotes.replay import Replay
from stockfeed_local.quotes.source import SymbolProgress


def quotes(count: int) -> list[Quote]:
    price = Decimal(1)
    return [Quote(price, price, price, price, price, time) for time in range(count)]


def poll(replay: Replay, symbol: str, etag: str | None = None) -> tuple[int | None, str | None]:
    """Polls once; returns the quote's time (None: unchanged) and its ETag."""
    reply = replay.poll(symbol, etag)
    assert reply is not None
    time = None if reply.body is None else json.loads(reply.body)["t"]
    return time, reply.etag


def test_quote_repeats_until_its_etag_is_sent_back() -> None:
    replay = Replay({"A": quotes(2)})

    first, etag = poll(replay, "A")
    again = poll(replay, "A")
    second, _ = poll(replay, "A", etag)

    assert first == 0
    assert again == (0, etag)
    assert second == 1


def test_etag_of_an_earlier_quote_does_not_advance_the_tape() -> None:
    replay = Replay({"A": quotes(3)})
    _, first = poll(replay, "A")
    poll(replay, "A", first)

    assert poll(replay, "A", first)[0] == 1


def test_last_quote_is_unchanged_once_confirmed_and_served_to_other_clients() -> None:
    replay = Replay({"A": quotes(1)})
    _, etag = poll(replay, "A")

    assert poll(replay, "A", etag) == (None, etag)
    assert poll(replay, "A") == (0, etag)


def test_each_symbol_has_its_own_position() -> None:
    replay = Replay({"A": quotes(3), "B": quotes(3)})
    _, etag = poll(replay, "A")
    poll(replay, "A", etag)

    assert poll(replay, "B")[0] == 0


def test_unknown_symbol_has_no_quote() -> None:
    assert Replay({"A": quotes(1)}).poll("B", None) is None


def test_progress_counts_revealed_and_confirmed_quotes() -> None:
    replay = Replay({"A": quotes(3), "B": quotes(1)})
    assert replay.progress()["A"] == SymbolProgress(revealed=0, confirmed=0, remaining=3)

    _, etag = poll(replay, "A")
    poll(replay, "A", etag)

    assert replay.progress() == {
        "A": SymbolProgress(revealed=2, confirmed=1, remaining=1),
        "B": SymbolProgress(revealed=0, confirmed=0, remaining=1),
    }


def test_hold_counts_all_symbols_until_more_quotes_are_released() -> None:
    replay = Replay({"A": quotes(3), "B": quotes(3)})
    replay.release(3)
    _, a = poll(replay, "A")
    _, b = poll(replay, "B")

    assert poll(replay, "A", a)[0] == 1
    assert poll(replay, "B", b) == (None, b)

    replay.release(4)
    assert poll(replay, "B", b)[0] == 1

    replay.release(None)
    assert poll(replay, "A", '"1"')[0] == 2


def test_confirmation_during_a_hold_is_counted() -> None:
    replay = Replay({"A": quotes(2)})
    replay.release(0)
    _, etag = poll(replay, "A")

    poll(replay, "A", etag)

    assert replay.progress()["A"] == SymbolProgress(revealed=1, confirmed=1, remaining=1)
