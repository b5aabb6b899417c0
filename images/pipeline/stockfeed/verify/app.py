"""The command `stockfeed verify`: settings and sessions around one verification."""

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
from stockfeed.reader import open_reader
from stockfeed.settings import BrokerSettings, InspectionSettings
from stockfeed.verify import report
from stockfeed.verify.broker import open_broker
from stockfeed.verify.collect import THREADS, Sources, collect
from stockfeed.verify.facts import Window
from stockfeed.verify.verdict import Verdict, judge


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says.

    Attributes:
        start: of the range, as `stockfeed.moments` reads it.
        end: likewise; None is now.
        patience: how old what is on its way may be, a duration.
        models: whether silver and gold are looked at.
        as_json: prints JSON instead of the table.
    """

    start: str
    end: str | None
    patience: str
    models: bool
    as_json: bool


def main(environ: Mapping[str, str], options: Options) -> int:
    """Verifies a feed and prints what it found.

    Args:
        environ: as the loader's, see `stockfeed.settings.InspectionSettings`; with Kafka's
            variables the broker is asked too.
        options: the range.

    Returns:
        the exit status: 0 where the feed is complete, else 1.

    Raises:
        ConfigurationError: a setting or an option is wrong.
        TransientError, DataError: a stage could not be read.
    """
    settings = InspectionSettings.from_env(environ)
    logs.configure(settings.log_level, settings.log_format)
    verdict = verify(settings, environ, options)
    print(_shown(verdict, as_json=options.as_json))
    if verdict.complete:
        return 0
    logs.write_termination_message(report.summary(verdict))
    return 1


def verify(settings: InspectionSettings, environ: Mapping[str, str], options: Options) -> Verdict:
    """Reads all stages and compares them.

    Args:
        settings: out of `environ`.
        environ: has Kafka's variables, if the broker is to be asked too.
        options: the range.

    Raises:
        ConfigurationError, TransientError, DataError: as `main` says.
    """
    window = _window(options, settings.s3_retention, datetime.now(UTC))
    with ExitStack() as stack:
        broker = None
        if environ.get(env.KAFKA_BOOTSTRAP_SERVERS):
            broker = stack.enter_context(open_broker(BrokerSettings.from_env(environ)))
        reader = stack.enter_context(open_reader(settings, "verify"))
        store = object_store(settings, max_connections=THREADS)
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
        raise ConfigurationError(f"the range ends at {end} and begins later, at {start}")
    kept_since = None if retention is None else now - timedelta(days=retention)
    return Window(start, end, now - patience, kept_since)


def _shown(verdict: Verdict, *, as_json: bool) -> str:
    if as_json:
        return orjson.dumps(report.document(verdict), option=orjson.OPT_INDENT_2).decode()
    return report.text(verdict)
