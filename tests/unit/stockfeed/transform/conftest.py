import pytest

from stockfeed import logs


@pytest.fixture(autouse=True)
def _tests_log_as_pytest_wants(monkeypatch):
    """Configured loggers would keep a stream that pytest closes after the test."""
    monkeypatch.setattr(logs, "configure", lambda *_: None)
