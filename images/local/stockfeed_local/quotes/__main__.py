"""`python -m stockfeed_local.quotes`: serves until SIGTERM."""

from pathlib import Path

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


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=0, show_default=True, help="Port; 0 takes a free one.")
@click.option(
    "--port-file", type=click.Path(path_type=Path), help="Where to write the port, once it is open."
)
@click.option("--random-walk", is_flag=True, help="Answer a random walk instead of a tape.")
@click.option(
    "--symbols",
    default="AAPL,MSFT,GOOGL,AMZN,TSLA,F,GM",
    show_default=True,
    help="What the random walk knows.",
)
@click.option("--seed", default=1, show_default=True, help="Of the random walk.")
@click.option(
    "--bars",
    type=click.Path(path_type=Path),
    help="CSV of the tape's bars; without it, real daily bars of five companies.",
)
@click.option("--bar-interval", type=click.Choice(list(INTERVALS)), default="1d", show_default=True)
@click.option("--token", help="What clients must send; without it, everybody is let in.")
@click.option(
    "--requests-per-minute",
    type=click.IntRange(1),
    help="Limit per token; Finnhub's free plan: 60.",
)
@click.option(
    "--requests-per-second",
    type=click.IntRange(1),
    help="Cap per token; Finnhub's, on all plans: 30.",
)
@click.option("--controls", is_flag=True, help="Open /control/…, for tests and the demo.")
def main(  # noqa: PLR0913 - one parameter per option
    *,
    host: str,
    port: int,
    port_file: Path | None,
    random_walk: bool,
    symbols: str,
    seed: int,
    bars: Path | None,
    bar_interval: str,
    token: str | None,
    requests_per_minute: int | None,
    requests_per_second: int | None,
    controls: bool,
) -> None:
    """Serve quotes as Finnhub's API does."""
    try:
        source = _walk(symbols, seed) if random_walk else _tape(bars, bar_interval)
    except StockfeedError as error:
        raise click.ClickException(str(error)) from error
    api = QuoteApi(source, token, RateLimit(requests_per_minute, requests_per_second))
    app = application(api, controls=controls)
    # A request that a fault keeps waiting must not keep the server from ending.
    config = uvicorn.Config(app, access_log=False, log_level="warning", timeout_graceful_shutdown=1)
    with listen(host, port) as listener:
        if port_file:
            write_port_file(port_file, listener.getsockname()[1])
        uvicorn.Server(config).run(sockets=[listener])


def _walk(symbols: str, seed: int) -> Source:
    return RandomWalk((symbol.strip() for symbol in symbols.split(",")), seed)


def _tape(bars: Path | None, bar_interval: str) -> Source:
    interval = INTERVALS[bar_interval]
    return Replay(tape_of(read_bars(bars or sample_file(), interval), interval))


if __name__ == "__main__":
    main()
