"""`stockfeed trace` of events at every stage."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from integration.inspection.conftest import Feed
from stockfeed.contract.times import format_rfc3339, from_milliseconds
from stockfeed.errors import ConfigurationError, DataError
from stockfeed.trace import app

Trace = Callable[..., dict[str, Any]]


@pytest.fixture
def trace(feed: Feed, capsys: pytest.CaptureFixture[str]) -> Trace:
    """Runs the command in this process and returns its JSON output."""

    def run(symbol: str, at: str | None = None, **environment: str) -> dict[str, Any]:
        assert app.main({**feed.environment, **environment}, symbol, at, True) == 0
        document: dict[str, Any] = json.loads(capsys.readouterr().out)
        return document

    return run


def at(feed: Feed, number: int) -> str:
    """Returns a message's poll time."""
    return format_rfc3339(from_milliseconds(feed.first_poll + 1000 * number))


def names(document: dict[str, Any]) -> list[str]:
    return [stage["stage"] for stage in document["stages"]]


def stage(document: dict[str, Any], name: str) -> dict[str, Any]:
    return next(stage for stage in document["stages"] if stage["stage"] == name)


def test_traces_an_event_through_all_stages(feed: Feed, trace: Trace) -> None:
    document = trace("TSLA", at(feed, 2))
    assert names(document) == [
        "poll",
        "kafka",
        "object",
        "ledger",
        "bronze",
        "silver",
        *["gold"] * 5,
    ]
    assert (document["polledAt"], document["waits"]) == (at(feed, 2), None)
    assert stage(document, "poll")["quote"] == feed.event(2)
    kafka, ledger = stage(document, "kafka"), stage(document, "ledger")
    assert (kafka["topic"], kafka["kept"]) == (feed.topic, True)
    assert ledger["batch"] == 1
    assert ledger["offsets"][0] <= kafka["offset"] <= ledger["offsets"][1]
    assert stage(document, "object")["endOffset"] == ledger["offsets"][1]
    arrived = [stage(document, name)["secondsAfterPoll"] for name in ("poll", "object", "bronze")]
    assert arrived[0] == 0 < arrived[1] <= arrived[2] + 1  # S3 has times in whole seconds
    candles = [found for found in document["stages"] if "interval" in found]
    assert [found["interval"] for found in candles] == ["1m", "5m", "1h", "1d"]
    assert all(found["quotes"] >= 1 for found in candles)


def test_repeated_quote_shows_both_polls(feed: Feed, trace: Trace) -> None:
    """The ninth message repeats the fifth's quote."""
    assert feed.event(9) == feed.event(5)
    found = [stage(trace("GM", at(feed, number)), "silver") for number in (5, 9)]
    assert found[0] == found[1]
    assert (found[0]["firstSeenAt"], found[0]["lastSeenAt"]) == (at(feed, 5), at(feed, 9))


def test_traces_the_newest_event_by_default(feed: Feed, trace: Trace) -> None:
    ((poll,),) = feed.query(
        "SELECT MAX(V:_meta.timestamp::NUMBER) FROM SOURCE_STOCK_QUOTES "
        "WHERE V:symbol::VARCHAR = 'BRK.B'"
    )
    assert trace("BRK.B")["polledAt"] == format_rfc3339(from_milliseconds(int(poll)))


def test_traces_the_first_of_several_matching_events_and_counts_the_others(
    feed: Feed, trace: Trace
) -> None:
    """A minute has sixty messages, and every fourth is of F."""
    document = trace("F", at(feed, 0)[:16])
    assert (document["polledAt"], document["others"]) == (at(feed, 0), 14)


def test_command_prints_a_line_for_each_stage(feed: Feed) -> None:
    result = feed.run("trace", "TSLA", "--at", at(feed, 2))
    assert result.returncode == 0, result.stderr
    lines = result.stdout.splitlines()
    assert lines[0] == f"{feed.name}: TSLA, polled {at(feed, 2)}"
    assert [line.split()[0] for line in lines[1:8]] == [
        *("poll", "kafka", "object", "ledger", "bronze", "silver", "gold")
    ]


def test_reports_nothing_about_the_log_without_a_broker(feed: Feed, trace: Trace) -> None:
    document = trace("TSLA", at(feed, 2), STOCKFEED_KAFKA_BOOTSTRAP_SERVERS="")
    assert stage(document, "kafka")["kept"] is None


def test_reports_a_removed_object(feed: Feed, trace: Trace) -> None:
    with feed.broken(
        "SOURCE_STOCK_QUOTES",
        "UPDATE SOURCE_STOCK_QUOTES SET FILE_NAME = REPLACE(FILE_NAME, '/000', '/009')",
    ):
        document = trace("TSLA", at(feed, 2))
    assert stage(document, "object")["kept"] is False
    assert stage(document, "ledger")["offsets"] is None


@pytest.mark.parametrize(
    ("statement", "waits"),
    [
        ("DELETE FROM ANALYTICS.SILVER_CLEAN_STOCK", "for a build: silver_clean_stock"),
        (
            "DELETE FROM ANALYTICS.SILVER_CLEAN_STOCK WHERE SYMBOL = 'TSLA' AND BATCH_SEQ = 1",
            "for a repair: silver_clean_stock",
        ),
    ],
)
def test_row_missing_from_silver_waits_for_a_build_or_a_repair(
    feed: Feed, trace: Trace, statement: str, waits: str
) -> None:
    with feed.broken("ANALYTICS.SILVER_CLEAN_STOCK", statement):
        document = trace("TSLA", at(feed, 2))
    assert document["waits"].startswith(waits)
    assert names(document)[-1] == "bronze"


@pytest.mark.parametrize(
    ("symbol", "number", "message"),
    [
        ("TSLAA", None, "no event of symbol 'TSLAA' .* it has TSLA$"),
        ("ZZZ", 2, "no event of symbol 'ZZZ' .* it has BRK.B, F, GM, TSLA$"),
    ],
)
def test_suggests_similar_symbols(
    feed: Feed, trace: Trace, symbol: str, number: int | None, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        trace(symbol, None if number is None else at(feed, number))


def test_names_the_nearest_events_around_a_time_without_one(feed: Feed, trace: Trace) -> None:
    """Every fourth message is of TSLA."""
    with pytest.raises(DataError) as error:
        trace("TSLA", at(feed, 4))
    assert str(error.value).endswith(f"the nearest were polled at {at(feed, 2)} and {at(feed, 6)}")
    with pytest.raises(DataError, match=f"the nearest were polled at {at(feed, 2)}$"):
        trace("TSLA", "2020-01-01")


def test_refuses_an_invalid_time(trace: Trace) -> None:
    with pytest.raises(ConfigurationError, match="'noon' is not a time"):
        trace("TSLA", "noon")


def test_follows_an_event_through_each_stage(feed: Feed, trace: Trace) -> None:
    """Runs the roles one by one; each moves the event to the next stage."""
    number = feed.sent
    quote = {"symbol": "NEW", "c": 5, "o": 5, "h": 6, "l": 4, "pc": 5, "t": 1_713_500_000}
    feed.produce([json.dumps(quote).encode()])
    verified = feed.run("verify", "--json")
    assert "not-landed" in verified.stdout
    document = trace("NEW")
    assert (names(document), document["polledAt"]) == (["poll", "kafka"], at(feed, number))
    assert document["waits"].startswith("for a consumer")

    with feed.consumer() as land:
        land()
    verified = feed.run("verify", "--json")
    assert "not-loaded" in verified.stdout
    document = trace("NEW", at(feed, number))
    assert names(document) == ["poll", "kafka", "object"]
    assert document["waits"].startswith("for a load")

    assert feed.run("loader", "--once").returncode == 0
    document = trace("NEW")
    assert names(document)[-1] == "bronze"
    assert document["waits"].startswith("for a build")

    built = feed.run("build")
    assert built.returncode == 0, built.stdout
    document = trace("NEW")
    assert (names(document)[-1], document["waits"]) == ("gold", None)
    assert feed.run("verify").returncode == 0
