"""The dbt project as it was parsed when the image was built, so that a run need not do it again.

dbt's own partial parsing is of no use for that: it gives up when anything of the connection
differs, the account's name included. The account has no part in what parsing gives; the names of
database, schemas and time zone have. So the project is parsed with placeholders for these, which
give way to the names once the file is read.

`python -m stockfeed.transform.parsed FILE` parses the project into a file.
"""

import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from dbt.cli.main import dbtRunner
from dbt.constants import PARTIAL_PARSE_FILE_NAME
from dbt.contracts.graph.manifest import Manifest
from dbt.parser.manifest import extended_mashumuro_decoder

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
"""All that the project reads from the environment while it is parsed, and what stands for it."""


def parse(project: Path, file: Path) -> None:
    """Parses a project into a file; the environment must hold the placeholders.

    Raises:
        RuntimeError: dbt says no.
    """
    with tempfile.TemporaryDirectory() as directory:
        options = ["--log-level-file", "none", "--log-path", directory, "--target-path", directory]
        places = ["--project-dir", str(project), "--profiles-dir", str(project)]
        result = dbtRunner().invoke(["parse", *options, *places])
        if not result.success:
            raise RuntimeError(f"dbt does not parse {project}") from result.exception
        file.write_bytes((Path(directory) / PARTIAL_PARSE_FILE_NAME).read_bytes())


def load(file: Path, environment: Mapping[str, str]) -> Manifest:
    """The parsed project, for the names in an environment.

    Args:
        file: what `parse` wrote, with this version of dbt.
        environment: holds every name of `PLACEHOLDERS`.
    """
    names = {mark: environment[name] for name, mark in PLACEHOLDERS.items()}

    def decoded(content: bytes) -> Any:
        return _filled(extended_mashumuro_decoder(content), names)  # type: ignore[no-untyped-call] # dbt's

    manifest = Manifest.from_msgpack(file.read_bytes(), decoder=decoded)
    # What macros see as `graph`: dbt makes it of a project that it parsed itself alone.
    manifest.build_flat_graph()  # type: ignore[no-untyped-call] # dbt's
    return manifest


def _filled(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        for mark, name in names.items():
            value = value.replace(mark, name)
        return value
    if isinstance(value, dict):
        return {key: _filled(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, names) for item in value]
    return value


if __name__ == "__main__":
    os.environ.update(PLACEHOLDERS)
    parse(Path(os.environ[env.DBT_PROJECT_DIR]), Path(sys.argv[1]))
