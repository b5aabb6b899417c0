"""The command `stockfeed-operator`."""

import click


@click.group()
def main() -> None:
    """The operator of StockFeed resources."""
