"""charts/generate.py and the files that it generates."""

import runpy
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parents[3] / "charts" / "generate.py"
GENERATE = runpy.run_path(str(PROGRAM))


def test_generated_files_are_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, PROGRAM, "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("text", "template"),
    [
        ("a {b} c", "a {b} c"),
        ("{{ .x }}", '{{ "{{" }} .x {{ "}}" }}'),
    ],
)
def test_escapes_braces_of_templates(text: str, template: str) -> None:
    assert GENERATE["escaped"](text) == template


def test_comments_become_descriptions_of_values() -> None:
    values = """\
# The first,
# in two lines.
a: 1

b:
  # Below b.
  c: {}
  d: 2
# Last.
e: x
"""
    assert list(GENERATE["comments"](values)) == [
        ("a", "The first, in two lines."),
        ("b.c", "Below b."),
        ("e", "Last."),
    ]
