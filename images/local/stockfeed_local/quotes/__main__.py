"""`python -m stockfeed_local.quotes`: serves quotes until SIGTERM."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import uvicorn

from stockfeed.errors import StockfeedError
from stockfeed_local.quotes.bars import read_bars, sample_file
from stockfeed_local.quotes.intervals import INTERVALS
from stockfeed_local.quotes.randomwalk import RandomWalk
from stockfeed_local.quotes.ratelimit import RateLimit
from stockfeed_local.quotes.replay import Replay
from stockfeed_local.quotes.server import QuoteApi, application
from stockfeed_local.quotes.source import Source
from stockfeed_local.quotes.tape import tape_of
from stockfeed_local.stack.ports import listen, write_port_file


@dataclass(frozen=True, slots=True)
class Options:
    """The command line of the quote server; see `--help` for the meaning of each field."""

    host: str
    port: int
    port_file: Path | None
    random_walk: bool
    symbols: str
    seed: int
    bars: Path | None
    bar_interval: str
    token: str | None
    requests_per_minute: int | None
    requests_per_second: int | None
    controls: bool


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=0, show_default=True, help="Port to listen on; 0 picks a free one.")
@click.option(
    "--port-file",
    type=click.Path(path_type=Path),
    help="File to write the port to, once the server listens.",
)
@click.option("--random-walk", is_flag=True, help="Serve a random walk instead of a tape.")
@click.option(
    "--symbols",
    default="AAPL,MSFT,GOOGL,AMZN,TSLA,F,GM",
    show_default=True,
    help="Comma-separated symbols of the random walk.",
)
@click.option("--seed", default=1, show_default=True, help="Seed of the random walk.")
@click.option(
    "--bars",
    type=click.Path(path_type=Path),
    help="CSV file of the bars to play. Default: real daily bars of five companies.",
)
@click.option(
    "--bar-interval",
    type=click.Choice(list(INTERVALS)),
    default="1d",
    show_default=True,
    help="Length of a bar in the CSV file.",
)
@click.option("--token", help="API key that clients must send. Default: any client is accepted.")
@click.option(
    "--requests-per-minute",
    type=click.IntRange(1),
    help="Limit per API key. Finnhub's free plan allows 60. Default: unlimited.",
)
@click.option(
    "--requests-per-second",
    type=click.IntRange(1),
    help="Limit per API key. Finnhub allows 30 on every plan. Default: unlimited.",
)
@click.option("--controls", is_flag=True, help="Serve /control/…, for tests and the demo.")
def main(**options: Any) -> None:
    """Serve quotes over Finnhub's API."""
    _serve(Options(**options))


def _serve(options: Options) -> None:
    try:
        source = _source(options)
    except StockfeedError as error:
        raise click.ClickException(str(error)) from error
    limit = RateLimit(options.requests_per_minute, options.requests_per_second)
    app = application(QuoteApi(source, options.token, limit), controls=options.controls)
    # A request that a fault delays for an hour must not delay the shutdown.
    config = uvicorn.Config(app, access_log=False, log_level="warning", timeout_graceful_shutdown=1)
    with listen(options.host, options.port) as listener:
        if options.port_file:
            write_port_file(options.port_file, listener.getsockname()[1])
        uvicorn.Server(config).run(sockets=[listener])


def _source(options: Options) -> Source:
    if options.random_walk:
        return RandomWalk((symbol.strip() for symbol in options.symbols.split(",")), options.seed)
    interval = INTERVALS[options.bar_interval]
    return Replay(tape_of(read_bars(options.bars or sample_file(), interval), interval))


if __name__ == "__main__":
    main()
