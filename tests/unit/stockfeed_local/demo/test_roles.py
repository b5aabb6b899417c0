from pathlib import Path
from time import monotonic, sleep
from typing import cast

import pytest

from stockfeed.errors import StockfeedError
from stockfeed_local.demo import roles as module
from stockfeed_local.demo.roles import Environment, Group, Roles, symbol_groups


@pytest.mark.parametrize(
    ("symbols", "expected"),
    [
        (["F"], {"group-1": ("F",)}),
        (["T", "A", "G"], {"group-1": ("A", "T"), "group-2": ("G",)}),
    ],
)
def test_splits_symbols_into_up_to_two_groups(
    symbols: list[str], expected: dict[str, tuple[str, ...]]
) -> None:
    groups = symbol_groups("demo", symbols)
    assert {group.name: group.symbols for group in groups} == expected
    assert [group.topic for group in groups] == [f"stock-quotes.demo.{name}" for name in expected]


class Empty:
    """An environment without any settings."""

    def producer(self, *_: object) -> dict[str, str]:
        return {}

    consumer = producer


def test_role_that_keeps_dying_raises_error_with_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "stockfeed"
    script.write_text("#!/bin/sh\necho $1 refused by Kafka\nexit 1\n")
    script.chmod(0o755)
    monkeypatch.setattr(module, "_COMMAND", str(script))
    logs = Path(tmp_path / "logs")
    roles = Roles(cast("Environment", Empty()), [Group("group-1", "topic", ("F",))], logs)
    roles.start()
    restarted: list[str] = []

    def restart_until_error() -> None:
        deadline = monotonic() + 120
        while monotonic() < deadline:
            restarted.extend(roles.restart_dead(producers=False))
            sleep(0.01)

    with pytest.raises(StockfeedError, match="consumer refused by Kafka") as raised:
        restart_until_error()

    assert "consumer-group-1 died 11 times" in str(raised.value)
    assert restarted == ["consumer-group-1"] * 10
    roles.stop()
