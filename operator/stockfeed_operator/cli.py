"""The command `stockfeed-operator`."""

from typing import TextIO

import click

from stockfeed_operator.crd import crd as definition
from stockfeed_operator.manifests_yaml import to_yaml
from stockfeed_operator.spec import StockFeed
from stockfeed_operator.validate import InvalidFeedError
from stockfeed_operator.validate_yaml import valid_feeds


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """The operator of StockFeed resources."""


@main.command()
def crd() -> None:
    """Print the CustomResourceDefinition."""
    click.echo(to_yaml(definition()), nl=False)


def read_feeds(file: TextIO) -> list[StockFeed]:
    """The valid feeds of a file; all that is wrong with it goes to standard error, and exits 1."""
    try:
        return valid_feeds(file.read(), file.name)
    except InvalidFeedError as error:
        for problem in error.problems:
            click.echo(problem, err=True)
        raise SystemExit(1) from error
