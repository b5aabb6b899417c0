"""The dbt project, parsed once when the image is built instead of in every run.

A run is a new pod, so it has no `target/` of an earlier run for dbt's partial parsing. One shipped
in the image would not help: dbt parses everything again when any connection parameter differs, the
account name included. docs/decisions/0010-dbt-overrides.md has the measurements.

Parsing depends on the feed only through names: those of the database and the schemas end up in the
models' relations. The project is therefore parsed with placeholders for them, and `load` replaces
the placeholders. The result goes to `dbtRunner(manifest=…)`
(https://docs.getdbt.com/reference/programmatic-invocations).

`python -m stockfeed.transform.parsed FILE` writes the file.
"""

import os
import sys
import tempfile
from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from typing import Any, Final

from dbt.cli.main import dbtRunner
from dbt.constants import PARTIAL_PARSE_FILE_NAME
from dbt.contracts.graph.manifest import Manifest

from stockfeed.contract import env

PLACEHOLDERS: Final = {
    name: f"__{name}__"
    for name in (
        env.WAREHOUSE_DATABASE,
        env.WAREHOUSE_SCHEMA,
        env.DBT_SCHEMA,
        env.EXCHANGE_TIMEZONE,
    )
}
"""Every variable that the project reads while it is parsed, with the placeholder for its value."""

_NAMED: Final = ("database", "schema", "relation_name")
"""The attributes of a node that hold names from the environment."""


def parse(project: Path, file: Path) -> None:
    """Parses a project and writes the result to a file; the environment must hold the placeholders.

    Raises:
        RuntimeError: dbt rejected the project.
    """
    with tempfile.TemporaryDirectory() as directory:
        options = ["--log-level-file", "none", "--log-path", directory, "--target-path", directory]
        places = ["--project-dir", str(project), "--profiles-dir", str(project)]
        result = dbtRunner().invoke(["parse", *options, *places])
        if not result.success:
            raise RuntimeError(f"dbt does not parse {project}") from result.exception
        file.write_bytes((Path(directory) / PARTIAL_PARSE_FILE_NAME).read_bytes())


def load(file: Path, environment: Mapping[str, str]) -> Manifest:
    """Returns the parsed project with the names from an environment in place of the placeholders.

    Args:
        file: written by `parse` with the same version of dbt.
        environment: holds every name of `PLACEHOLDERS`.
    """
    manifest = Manifest.from_msgpack(file.read_bytes())
    names = {placeholder: environment[name] for name, placeholder in PLACEHOLDERS.items()}
    for node in chain(
        manifest.nodes.values(), manifest.sources.values(), manifest.unit_tests.values()
    ):
        _rename(node, names)
    manifest.env_vars = {name: environment[name] for name in manifest.env_vars}
    # The `graph` that macros read. dbt builds it only for a project that it parsed itself.
    manifest.build_flat_graph()  # type: ignore[no-untyped-call] # dbt's
    return manifest


def _rename(node: Any, names: Mapping[str, str]) -> None:
    for attribute in _NAMED:
        value = getattr(node, attribute, None)
        if isinstance(value, str):
            for placeholder, name in names.items():
                value = value.replace(placeholder, name)
            setattr(node, attribute, value)


if __name__ == "__main__":
    os.environ.update(PLACEHOLDERS)
    parse(Path(os.environ[env.DBT_PROJECT_DIR]), Path(sys.argv[1]))
