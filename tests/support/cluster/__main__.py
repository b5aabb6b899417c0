"""`python -m support.cluster`: the commands of `make cluster-…`.

PYTHONPATH must be `tests:charts`.
"""

import os
import sys
from pathlib import Path

import click

from support.cluster import gotools, images, lifecycle
from support.cluster.kubectl import KubectlError
from support.cluster.layout import KUBECONFIG
from support.cluster.node import NodeError
from support.tools.cache import ToolError


@click.group()
def main() -> None:
    """A real single-node Kubernetes from packages."""
    if os.geteuid() != 0:
        raise click.ClickException("the cluster makes namespaces and mounts: run it as root")


@main.command()
def build() -> None:
    """Build every tool into the cache."""
    gotools.build_all()


@main.command()
def up() -> None:
    """Start the cluster."""
    lifecycle.up()
    click.echo(f"export KUBECONFIG={KUBECONFIG}")


@main.command()
def down() -> None:
    """Stop the cluster and remove everything that it created."""
    lifecycle.down()


@main.command()
def status() -> None:
    """Show the cluster's processes, nodes and pods."""
    click.echo(lifecycle.status())


@main.command()
@click.argument("archives", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
def load(archives: tuple[Path, ...]) -> None:
    """Load image archives into the node."""
    for archive in archives:
        images.load_archive(archive)


if __name__ == "__main__":
    try:
        main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (KubectlError, NodeError, TimeoutError, ToolError) as error:
        sys.exit(f"error: {error}")
