from pathlib import Path
from typing import Any

import pytest
import snowflake.connector
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from snowflake.connector.errors import (
    DatabaseError,
    Error,
    ForbiddenError,
    InternalServerError,
    OperationalError,
    ProgrammingError,
)

from stockfeed.errors import ConfigurationError, DataError, StockfeedError, TransientError
from stockfeed.settings import LoaderSettings
from stockfeed.snowflake import connect, private_key_der, translate_error

BASE = {
    "STOCKFEED_FEED": "us",
    "STOCKFEED_S3_BUCKET": "source-transaction",
    "STOCKFEED_WAREHOUSE_DATABASE": "STOCKS",
    "SNOWFLAKE_ACCOUNT": "acme-prod",
    "SNOWFLAKE_USER": "LOADER",
}


def pem(passphrase: bytes | None = None) -> str:
    encryption = (
        serialization.NoEncryption()
        if passphrase is None
        else serialization.BestAvailableEncryption(passphrase)
    )
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption
    ).decode()


@pytest.fixture
def connects(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The arguments of each call to the connector."""
    calls: list[dict[str, Any]] = []
    monkeypatch.setattr(snowflake.connector, "connect", lambda **given: calls.append(given))
    return calls


def test_connects_with_key_pair_and_lock_timeout(connects: list[dict[str, Any]]) -> None:
    environment = BASE | {"SNOWFLAKE_PRIVATE_KEY": pem(), "SNOWFLAKE_ROLE": "STOCKFEED"}
    connect(LoaderSettings.from_env(environment), "loader")

    [given] = connects
    key = serialization.load_der_private_key(given.pop("private_key"), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    assert given == {
        "account": "acme-prod",
        "user": "LOADER",
        "role": "STOCKFEED",
        "database": "STOCKS",
        "schema": "RAW",
        "paramstyle": "qmark",
        "login_timeout": 20,
        "network_timeout": 660,  # also cancels statements, so it exceeds LOCK_TIMEOUT
        "client_session_keep_alive": False,
        "platform_detection_timeout_seconds": 0.0,  # no requests to a metadata address
        "session_parameters": {
            "QUERY_TAG": "stockfeed loader us",
            "LOCK_TIMEOUT": 600,
            "TIMEZONE": "UTC",
        },
    }


def test_password_is_used_only_for_the_emulator(connects: list[dict[str, Any]]) -> None:
    emulator = {"SNOWFLAKE_HOST": "127.0.0.1", "SNOWFLAKE_PORT": "8084"}
    connect(LoaderSettings.from_env(BASE | emulator | {"SNOWFLAKE_PASSWORD": "x"}), "loader")

    assert connects[0]["password"] == "x"
    assert "private_key" not in connects[0]
    with pytest.raises(ConfigurationError, match="SNOWFLAKE_PRIVATE_KEY"):
        connect(LoaderSettings.from_env(BASE | {"SNOWFLAKE_PASSWORD": "x"}), "loader")


def test_uses_a_rotated_key_at_the_next_connect(
    tmp_path: Path, connects: list[dict[str, Any]]
) -> None:
    for name, value in {"account": "acme-prod", "user": "LOADER", "privateKey": pem()}.items():
        (tmp_path / name).write_text(value)
    mounted = BASE | {"STOCKFEED_SNOWFLAKE_CREDENTIALS_DIR": str(tmp_path)}
    settings = LoaderSettings.from_env(mounted)
    connect(settings, "loader")
    (tmp_path / "privateKey").write_text(pem(b"secret"))
    (tmp_path / "privateKeyPassphrase").write_text("secret\n")
    connect(settings, "loader")

    first, second = (given["private_key"] for given in connects)
    assert first != second


@pytest.mark.parametrize(
    ("text", "passphrase"),
    [("no key at all", None), (pem(b"secret"), None), (pem(b"secret"), "wrong")],
    ids=["not PEM", "passphrase missing", "passphrase wrong"],
)
def test_unusable_key_error_names_the_variable(text: str, passphrase: str | None) -> None:
    with pytest.raises(ConfigurationError, match="SNOWFLAKE_PRIVATE_KEY_PASSPHRASE") as caught:
        private_key_der(text, passphrase)

    assert text not in str(caught.value)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OperationalError("no route", errno=250001), TransientError),
        (InternalServerError(errno=290500), TransientError),
        (DatabaseError("Incorrect username or password", errno=390100), ConfigurationError),
        (DatabaseError("JWT token is invalid", errno=390144), ConfigurationError),
        (ForbiddenError(errno=290403), ConfigurationError),
    ],
)
def test_distinguishes_a_refused_login_from_no_response(
    monkeypatch: pytest.MonkeyPatch, error: Error, expected: type[StockfeedError]
) -> None:
    def fail(**_: object) -> None:
        raise error

    monkeypatch.setattr(snowflake.connector, "connect", fail)
    with pytest.raises(expected, match="Snowflake"):
        connect(LoaderSettings.from_env(BASE | {"SNOWFLAKE_PRIVATE_KEY": pem()}), "loader")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ProgrammingError("no such table", errno=2003, sqlstate="42S02"), ConfigurationError),
        (ProgrammingError("insufficient privileges", errno=3001), ConfigurationError),
        (ProgrammingError("no active warehouse", errno=606), ConfigurationError),
        (ProgrammingError("lock timeout", errno=625, sqlstate="57014"), TransientError),
        (ProgrammingError("cancelled", errno=604, sqlstate="57014"), TransientError),
        (ProgrammingError("session gone", errno=390111), TransientError),
        (OperationalError("timed out", errno=250003), TransientError),
        (InternalServerError(errno=290500), TransientError),
        (ProgrammingError("bad JSON", errno=100069, sqlstate="22P02"), DataError),
    ],
)
def test_translates_statement_errors_and_names_the_action(
    error: Error, expected: type[StockfeedError]
) -> None:
    failure = translate_error(error, "copy 3 files")

    assert type(failure) is expected
    assert "copy 3 files" in str(failure)
