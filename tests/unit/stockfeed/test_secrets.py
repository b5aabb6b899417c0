from pathlib import Path

import pytest

from stockfeed.errors import ConfigurationError
from stockfeed.secrets import Secret, mounted_secret


def test_file_takes_precedence_and_is_read_at_every_use(tmp_path: Path) -> None:
    secret = mounted_secret(tmp_path, "token", "TOKEN", "from the environment")
    assert secret.get() == "from the environment"
    (tmp_path / "token").write_text("first\n")
    assert secret.get() == "first"
    (tmp_path / "token").write_text("second")
    assert secret.get() == "second"


def test_keeps_line_breaks_inside_a_key(tmp_path: Path) -> None:
    (tmp_path / "privateKey").write_text("-----BEGIN\nabc\n-----END\n")
    assert mounted_secret(tmp_path, "privateKey", "KEY", None).get() == "-----BEGIN\nabc\n-----END"


@pytest.mark.parametrize("content", [None, b"", b" \n", b"\xff\xfe"])
def test_empty_or_missing_file_error_names_file_key_and_variable(
    tmp_path: Path, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / "token").write_bytes(content)
    secret = mounted_secret(tmp_path, "token", "TOKEN", None)
    assert secret.find() is None
    with pytest.raises(ConfigurationError) as caught:
        secret.get()
    for word in (str(tmp_path / "token"), "'token'", "TOKEN"):
        assert word in str(caught.value)


@pytest.mark.parametrize("value", [None, ""])
def test_error_names_the_variable_if_no_file_is_mounted(value: str | None) -> None:
    with pytest.raises(ConfigurationError, match="TOKEN is not set"):
        mounted_secret(None, "token", "TOKEN", value).get()


def test_repr_hides_the_value() -> None:
    assert "sesame" not in repr(Secret("TOKEN", value="sesame"))
