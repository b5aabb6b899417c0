"""Two concurrent loaders, and COMMITs that are not answered."""

from typing import Any

import pytest
from snowflake.connector.cursor import SnowflakeCursorBase
from snowflake.connector.errors import OperationalError

ROUNDS = 3


def test_concurrent_loaders_load_each_object_once(landing: Any, target: Any) -> None:
    for number in range(ROUNDS):
        for partition in range(3):
            landing.land_many(landing.chain(partition), 50 * number, objects=5)
        # In the first round, both also create schema and tables.
        both = [target.process("--once") for _ in range(2)]
        answers = [process.communicate(timeout=300) for process in both]

        assert [process.returncode for process in both] == [0, 0], answers
        target.check(landing)
    [(objects,)] = target.query("SELECT COUNT(*) FROM LOAD_LEDGER")
    assert objects == ROUNDS * 15


@pytest.mark.parametrize("arrived", [True, False], ids=["committed", "not committed"])
def test_looks_up_an_unanswered_commit(
    landing: Any, impatient_target: Any, monkeypatch: pytest.MonkeyPatch, arrived: bool
) -> None:
    landing.land_many(landing.chain(), 0, objects=2)
    execute = SnowflakeCursorBase.execute
    lost = iter([True])

    def unreliable(self: Any, text: str, *args: Any, **kwargs: Any) -> Any:
        if text == "COMMIT" and next(lost, False):
            if arrived:
                execute(self, text, *args, **kwargs)
            # As if the host died: the server does not learn that the session ended.
            monkeypatch.setattr(self.connection, "close", lambda: None)
            raise OperationalError("connection reset", errno=250003)
        return execute(self, text, *args, **kwargs)

    monkeypatch.setattr(SnowflakeCursorBase, "execute", unreliable)
    report = impatient_target.load()

    assert (report.rows, report.files) == (20, 2)
    impatient_target.check(landing)
