"""Writes the generated parts of docs/.

Without arguments it writes the pages that follow from the code alone, in under a second. The table
in docs/snowflake.md takes minutes: it lists the statements of a pipeline that is run for it.
"""

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

import click

from generator import cost, figures, metrics

DOCS: Final = Path(__file__).parent


def _snowflake(page: str) -> str:
    # Imported here: sqlfluff and the emulator take seconds to import.
    from generator.statements import life, privileges, setup_sql, table  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as home, life.started(Path(home)) as feed:
        feed.play()
        judged = [*privileges.judged(feed.recording.statements)]
    return table.put_in(page, table.rendered(judged, setup_sql.granted()))


def _figures(_: str) -> str:
    results = figures.read()
    if not results:
        raise click.ClickException("no results of `make e2e` in build/")
    return figures.page(results, os.cpu_count() or 1)


# The new text of each page, from its present text.
PAGES: Final[dict[str, Callable[[str], str]]] = {
    "metrics": lambda _: metrics.page(),
    "cost": lambda page: cost.page(page, cost.Prices(cost.CREDIT)),
    "snowflake": _snowflake,
    "cluster-figures": _figures,
}
FAST: Final = ("metrics", "cost")


@click.command(help=__doc__)
@click.argument("pages", nargs=-1, type=click.Choice([*PAGES]))
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if a page is out of date.")
@click.option("--docs", type=click.Path(path_type=Path), default=DOCS, help="Directory of pages.")
def main(pages: tuple[str, ...], check: bool, docs: Path) -> None:
    """Writes or checks the pages."""
    outdated = []
    for name in pages or FAST:
        file = docs / f"{name}.md"
        before = file.read_text()
        after = PAGES[name](before)
        if after != before:
            outdated.append(file)
            if not check:
                file.write_text(after)
    if check and outdated:
        sys.exit(f"out of date, run `make docs`: {', '.join(map(str, outdated))}")


if __name__ == "__main__":
    main()
