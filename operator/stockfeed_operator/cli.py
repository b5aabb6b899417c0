"""The command line interface, `stockfeed-operator`."""

import os
import sys
from collections.abc import Callable
from importlib.metadata import version
from typing import Any, TextIO, TypeVar

import click

from stockfeed_operator.manifests.metadata import Installation
from stockfeed_operator.plan.desired import render as rendered
from stockfeed_operator.settings import PREFIX, Settings, SettingsError
from stockfeed_operator.spec.crd import crd as definition
from stockfeed_operator.spec.feed import StockFeed
from stockfeed_operator.spec.validate import InvalidFeedError
from stockfeed_operator.spec.yaml import to_yaml, valid_feeds

_Command = TypeVar("_Command", bound=Callable[..., Any])


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Kubernetes operator for StockFeed resources."""


@main.command()
def crd() -> None:
    """Print the CustomResourceDefinition of StockFeed."""
    click.echo(to_yaml(definition()), nl=False)


def _installation_option(name: str, default: str, text: str) -> Callable[[_Command], _Command]:
    """Returns an option that falls back to the environment variable that the chart sets."""
    variable = PREFIX + name.upper()
    option = "--" + name.replace("_", "-")
    return click.option(option, envvar=variable, default=default, show_default=True, help=text)


@main.command()
@click.option(
    "-f", "--file", type=click.File(), required=True, help="YAML file with feeds, or - for stdin."
)
@click.option("-n", "--namespace", help="Namespace of feeds that do not set one.")
@_installation_option(
    "pipeline_image", "stockfeed/pipeline", "Default image of producer, consumer and loader."
)
@_installation_option("dbt_image", "stockfeed/dbt", "Default image of the dbt build.")
@_installation_option(
    "task_results_role",
    "stockfeed-operator-task-results",
    "ClusterRole that load pods use to report results to Argo.",
)
@_installation_option(
    "cluster", "default", "Name of the cluster, in the owner marker of each feed's objects."
)
def render(file: TextIO, namespace: str | None, **options: str) -> None:
    """Validate feeds and print the objects that the operator would apply.

    Works without a cluster. Suspended feeds are printed with zero replicas.
    """
    installation = Installation(**options, version=version("stockfeed"))
    feeds = [_with_namespace(feed, namespace) for feed in read_feeds(file)]
    manifests = [manifest for feed in feeds for manifest in rendered(feed, installation)]
    click.echo(to_yaml(*manifests), nl=False)


def _with_namespace(feed: StockFeed, namespace: str | None) -> StockFeed:
    """Sets the namespace of a feed that has none, as `kubectl --namespace` does."""
    # model_fields_set tells a namespace that the file sets from the model's default.
    if namespace is None or "namespace" in feed.metadata.model_fields_set:
        return feed
    metadata = feed.metadata.model_copy(update={"namespace": namespace})
    return feed.model_copy(update={"metadata": metadata})


@main.command()
def run() -> None:
    """Run the operator with settings from STOCKFEED_OPERATOR_* environment variables."""
    try:
        settings = Settings.from_env(os.environ)
    except SettingsError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    # The other commands do not need kopf and the Kubernetes client, which take a second to import.
    from stockfeed_operator.run import run as run_operator  # noqa: PLC0415

    run_operator(settings)


def read_feeds(file: TextIO) -> list[StockFeed]:
    """Reads and validates feeds; prints all problems to stderr and exits 1 if there are any."""
    try:
        return valid_feeds(file.read(), file.name)
    except InvalidFeedError as error:
        for problem in error.problems:
            click.echo(problem, err=True)
        raise SystemExit(1) from error
