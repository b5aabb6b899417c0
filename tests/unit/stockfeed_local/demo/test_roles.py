import pytest

from stockfeed_local.demo.roles import groups_of


@pytest.mark.parametrize(
    ("symbols", "expected"),
    [
        (["F"], {"group-1": ("F",)}),
        (["T", "A", "G"], {"group-1": ("A", "T"), "group-2": ("G",)}),
    ],
)
def test_symbols_are_spread_over_up_to_two_groups(symbols, expected):
    groups = groups_of("demo", symbols)
    assert {group.name: group.symbols for group in groups} == expected
    assert [group.topic for group in groups] == [f"stock-quotes.demo.{name}" for name in expected]
