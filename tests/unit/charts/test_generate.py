"""What charts/generate.py writes."""

import runpy
from pathlib import Path

import pytest

GENERATE = runpy.run_path(str(Path(__file__).parents[3] / "charts" / "generate.py"))


@pytest.mark.parametrize(
    ("text", "template"),
    [
        ("a {b} c", "a {b} c"),
        ("{{ .x }}", '{{ "{{" }} .x {{ "}}" }}'),
    ],
)
def test_texts_that_look_like_a_template_are_escaped(text: str, template: str) -> None:
    assert GENERATE["escaped"](text) == template


def test_comments_above_values_become_their_description() -> None:
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
