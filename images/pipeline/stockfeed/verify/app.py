"""`stockfeed verify`: settings and sessions around a verification."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import orjson

from stockfeed import logs
from stockfeed.contract import env
from stockfeed.contract.durations import parse_duration
from stockfeed.errors import ConfigurationError
from stockfeed.moments import parse_moment
from stockfeed.objectstore import object_store
from stockfeed.ownership import check_owner, owner_of
from stockfeed.reader import open_reader
from stockfeed.settings import BrokerSettings, InspectionSettings
from stockfeed.verify import report
from stockfeed.verify.broker import open_broker
from stockfeed.verify.collect import THREADS, Sources, collect
from stockfeed.verify.facts import Window
from stockfeed.verify.verdict import Verdict, judge


@dataclass(frozen=True, slots=True)
class Options:
    """The options on the command line.

    Attributes:
        start: the range's start, see `stockfeed.moments.parse_moment`.
        end: the range's end in the same form; None for now.
        patience: a duration; what was polled less than this ago may still be in transit.
        models: whether to verify silver and gold.
        as_json: whether to print JSON instead of the table.
    """

    start: str
    end: str | None
    patience: str
    models: bool
    as_json: bool


def main(environ: Mapping[str, str], options: Options) -> int:
    """Verifies a feed and prints the result.

    Args:
        environ: see `stockfeed.settings.InspectionSettings`; with Kafka's variables, the broker is
            verified, too.
        options: the range.

    Returns:
        The exit status: 0 if the feed is complete, else 1.

    Raises:
        ConfigurationError: a setting or an option is wrong.
        TransientError, DataError: a stage could not be read.
    """
    settings = InspectionSettings.from_env(environ)
    logs.configure(settings.log_level, settings.log_format)
    verdict = verify(settings, environ, options)
    print(_format(verdict, as_json=options.as_json))
    if verdict.complete:
        return 0
    logs.write_termination_message(report.summary(verdict))
    return 1


def verify(settings: InspectionSettings, environ: Mapping[str, str], options: Options) -> Verdict:
    """Reads all stages and compares them.

    Args:
        settings: parsed from `environ`.
        environ: has Kafka's variables if the broker is to be verified, too.
        options: the range.

    Raises:
        ConfigurationError, TransientError, DataError: see `main`.
    """
    window = _window(options, settings.s3_retention, datetime.now(UTC))
    with ExitStack() as stack:
        broker = None
        if environ.get(env.KAFKA_BOOTSTRAP_SERVERS):
            broker = stack.enter_context(open_broker(BrokerSettings.from_env(environ)))
        reader = stack.enter_context(open_reader(settings, "verify"))
        store = object_store(settings, max_connections=THREADS)
        check_owner(store, settings.feed, owner_of(settings))
        sources = Sources(reader, store, broker, options.models, settings.exchange_timezone)
        collected = collect(sources, settings.feed, window)
    return judge(settings.feed, window, collected)


def _window(options: Options, retention: int | None, now: datetime) -> Window:
    try:
        start = parse_moment(options.start, now).start
        end = now if options.end is None else parse_moment(options.end, now).start
        patience = timedelta(seconds=parse_duration(options.patience))
    except ValueError as error:
        raise ConfigurationError(str(error)) from error
    if start >= end:
        raise ConfigurationError(f"the range starts at {start}, but ends before that, at {end}")
    kept_since = None if retention is None else now - timedelta(days=retention)
    return Window(start, end, now - patience, kept_since)


def _format(verdict: Verdict, *, as_json: bool) -> str:
    if as_json:
        return orjson.dumps(report.document(verdict), option=orjson.OPT_INDENT_2).decode()
    return report.text(verdict)
