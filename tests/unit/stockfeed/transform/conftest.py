import pytest

from stockfeed import logs


@pytest.fixture(autouse=True)
def _keep_logging(monkeypatch: pytest.MonkeyPatch) -> None:
    """`main` would configure loggers with a stream that pytest closes after the test."""
    monkeypatch.setattr(logs, "configure", lambda *_: None)
