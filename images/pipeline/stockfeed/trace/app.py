"""`stockfeed trace`: settings and sessions around a search."""

from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime

import orjson

from stockfeed import logs
from stockfeed.contract import env
from stockfeed.errors import ConfigurationError
from stockfeed.moments import parse_moment
from stockfeed.objectstore import object_store
from stockfeed.ownership import check_owner, owner_of
from stockfeed.reader import open_reader
from stockfeed.settings import BrokerSettings, InspectionSettings
from stockfeed.trace import report
from stockfeed.trace.event import EventQuery
from stockfeed.trace.search import Sources, Trace, search
from stockfeed.verify.broker import open_broker


def main(environ: Mapping[str, str], symbol: str, at: str | None, as_json: bool) -> int:
    """Finds an event and prints its stages.

    Args:
        environ: see `stockfeed.settings.InspectionSettings`; with Kafka's variables, the broker is
            searched, too.
        symbol: the symbol as the feed spells it.
        at: when it was polled, see `stockfeed.moments.parse_moment`; None for the newest event.
        as_json: whether to print JSON instead of lines.

    Returns:
        The exit status: 0, also for an event that waits at a stage.

    Raises:
        ConfigurationError: a setting or an option is wrong.
        DataError: the event does not exist; the message names the nearest ones.
        TransientError: a stage could not be read.
    """
    settings = InspectionSettings.from_env(environ)
    logs.configure(settings.log_level, settings.log_format)
    trace = find(settings, environ, symbol, at)
    if as_json:
        print(orjson.dumps(report.document(trace), option=orjson.OPT_INDENT_2).decode())
    else:
        print(report.text(trace))
    return 0


def find(
    settings: InspectionSettings, environ: Mapping[str, str], symbol: str, at: str | None
) -> Trace:
    """Finds an event and its stages.

    Args:
        settings: parsed from `environ`.
        environ: has Kafka's variables if the broker is to be searched, too.
        symbol: see `main`.
        at: see `main`.

    Raises:
        ConfigurationError, DataError, TransientError: see `main`.
    """
    try:
        moment = None if at is None else parse_moment(at, datetime.now(UTC))
    except ValueError as error:
        raise ConfigurationError(str(error)) from error
    with ExitStack() as stack:
        broker = None
        if environ.get(env.KAFKA_BOOTSTRAP_SERVERS):
            broker = stack.enter_context(open_broker(BrokerSettings.from_env(environ)))
        reader = stack.enter_context(open_reader(settings, "trace"))
        store = object_store(settings)
        check_owner(store, settings.feed, owner_of(settings))
        sources = Sources(reader, store, broker)
        return search(sources, EventQuery(settings.feed, symbol, moment))
