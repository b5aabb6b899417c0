import pytest

from stockfeed.errors import DataError, TransientError
from stockfeed.loader import retry


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenacity.nap.time.sleep", lambda _: None)


def failing(*errors: Exception) -> list[Exception]:
    return list(errors)


def attempt(errors: list[Exception]) -> int:
    if errors:
        raise errors.pop(0)
    return 7


def test_retries_transient_errors() -> None:
    assert retry.retrying()(attempt, failing(TransientError("a"), TransientError("b"))) == 7


def test_does_not_retry_other_errors() -> None:
    errors = failing(DataError("a"), DataError("b"))
    with pytest.raises(DataError, match="a"):
        retry.retrying()(attempt, errors)
    assert len(errors) == 1


def test_raises_the_last_error_after_the_last_attempt() -> None:
    errors = failing(*[TransientError(str(number)) for number in range(20)])
    with pytest.raises(TransientError, match="5"):
        retry.retrying()(attempt, errors)
