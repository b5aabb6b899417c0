import json
from decimal import Decimal

from stockfeed_local.quotes.quote import Quote
from stockfeed_local.quotes.replay import Replay
from stockfeed_local.quotes.source import SymbolProgress


def quotes(count: int) -> list[Quote]:
    price = Decimal(1)
    return [Quote(price, price, price, price, price, time) for time in range(count)]


def ask(replay: Replay, symbol: str, etag: str | None = None) -> tuple[int | None, str | None]:
    """The answered quote's time (None: unchanged) and ETag."""
    answer = replay.poll(symbol, etag)
    assert answer is not None
    time = None if answer.body is None else json.loads(answer.body)["t"]
    return time, answer.etag


def test_a_quote_is_repeated_until_its_etag_comes_back() -> None:
    replay = Replay({"A": quotes(2)})

    first, etag = ask(replay, "A")
    again = ask(replay, "A")
    second, _ = ask(replay, "A", etag)

    assert first == 0
    assert again == (0, etag)
    assert second == 1


def test_an_etag_of_an_earlier_quote_moves_nothing() -> None:
    replay = Replay({"A": quotes(3)})
    _, first = ask(replay, "A")
    ask(replay, "A", first)

    assert ask(replay, "A", first)[0] == 1


def test_at_the_end_the_confirmed_quote_is_unchanged_and_still_there_for_others() -> None:
    replay = Replay({"A": quotes(1)})
    _, etag = ask(replay, "A")

    assert ask(replay, "A", etag) == (None, etag)
    assert ask(replay, "A") == (0, etag)


def test_each_symbol_has_its_own_position() -> None:
    replay = Replay({"A": quotes(3), "B": quotes(3)})
    _, etag = ask(replay, "A")
    ask(replay, "A", etag)

    assert ask(replay, "B")[0] == 0


def test_an_unknown_symbol_has_no_answer() -> None:
    assert Replay({"A": quotes(1)}).poll("B", None) is None


def test_progress_counts_what_was_revealed_and_what_was_confirmed() -> None:
    replay = Replay({"A": quotes(3), "B": quotes(1)})
    assert replay.progress()["A"] == SymbolProgress(revealed=0, confirmed=0, remaining=3)

    _, etag = ask(replay, "A")
    ask(replay, "A", etag)

    assert replay.progress() == {
        "A": SymbolProgress(revealed=2, confirmed=1, remaining=1),
        "B": SymbolProgress(revealed=0, confirmed=0, remaining=1),
    }


def test_a_hold_counts_all_symbols_and_ends_when_more_is_released() -> None:
    replay = Replay({"A": quotes(3), "B": quotes(3)})
    replay.release(3)
    _, a = ask(replay, "A")
    _, b = ask(replay, "B")

    assert ask(replay, "A", a)[0] == 1
    assert ask(replay, "B", b) == (None, b)

    replay.release(4)
    assert ask(replay, "B", b)[0] == 1

    replay.release(None)
    assert ask(replay, "A", '"1"')[0] == 2


def test_a_confirmation_that_came_while_held_is_counted() -> None:
    replay = Replay({"A": quotes(2)})
    replay.release(0)
    _, etag = ask(replay, "A")

    ask(replay, "A", etag)

    assert replay.progress()["A"] == SymbolProgress(revealed=1, confirmed=1, remaining=1)
