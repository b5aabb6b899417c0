"""Opens Snowflake sessions and translates Snowflake's errors into StockFeed's."""

import binascii
from typing import Any, Final

import snowflake.connector
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from snowflake.connector import SnowflakeConnection
from snowflake.connector.errors import (
    DatabaseError,
    Error,
    ForbiddenError,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
)

from stockfeed.contract import env
from stockfeed.errors import ConfigurationError, DataError, StockfeedError, TransientError
from stockfeed.settings import SnowflakeSettings

LOCK_TIMEOUT_SECONDS: Final = 600
"""Longer than the 5 minutes after which Snowflake aborts a killed loader's idle transaction that
blocks others: https://docs.snowflake.com/en/sql-reference/transactions."""

_LOGIN_SECONDS: Final = 20
# Despite its name, the connector's network_timeout also cancels statements that run longer, even
# while they wait for a lock (SnowflakeCursor._execute_helper starts a timer).
_STATEMENT_SECONDS: Final = LOCK_TIMEOUT_SECONDS + 60

# Error numbers, from https://docs.snowflake.com/en/user-guide/key-pair-auth-troubleshooting and
# from the messages of failing statements.
_MISSING: Final = frozenset({2003, 2043, 90105, 90106})
_CONFIGURATION: Final = _MISSING | {606, 3001, 90073}
# 2002 is "already exists", which occurs despite IF NOT EXISTS if another loader creates the table
# at the same time.
_TRANSIENT: Final = frozenset(
    {603, 604, 2002, 608, 625, 630, 390111, 390112, 390114, 390115, 390195}
)
# SQLSTATE classes: connection exceptions, and operator intervention (lock timeouts, cancelled
# statements).
_TRANSIENT_CLASSES: Final = ("08", "57")


def connect(settings: SnowflakeSettings, role: str) -> SnowflakeConnection:
    """Opens a session with the current credentials.

    Args:
        settings: connection settings; database and raw schema become the session's.
        role: the StockFeed role, for the query tag.

    Raises:
        ConfigurationError: a credential is invalid or was refused.
        TransientError: Snowflake did not respond.
    """
    parameters = _parameters(settings, role)
    try:
        return snowflake.connector.connect(**parameters)
    except OperationalError as error:
        raise TransientError(f"Snowflake, log in: {error}") from error
    except (DatabaseError, ForbiddenError) as error:
        raise ConfigurationError(
            f"Snowflake refused account {parameters['account']!r}, user {parameters['user']!r}: "
            f"{error}; check the warehouse's Secret, and that the public key is set on the user"
        ) from error
    except Error as error:
        raise TransientError(f"Snowflake, log in: {error}") from error


def is_missing_object(error: Error) -> bool:
    """Returns whether a statement failed because an object does not exist or is not visible."""
    return error.errno in _MISSING


def translate_error(error: Error, action: str) -> StockfeedError:
    """Returns the StockFeed error for a failed statement.

    Args:
        error: the connector's error.
        action: the statement's purpose, for the message.
    """
    text = f"Snowflake, {action}: {error}"
    if error.errno in _CONFIGURATION:
        return ConfigurationError(f"{text}; check database, schema, role and warehouse")
    if error.errno in _TRANSIENT or (error.sqlstate or "").startswith(_TRANSIENT_CLASSES):
        return TransientError(text)
    if isinstance(error, ProgrammingError | NotSupportedError):
        return DataError(text)
    return TransientError(text)


def private_key_der(pem: str, passphrase: str | None) -> bytes:
    """Converts a PEM private key to DER, the format required by the connector.

    Args:
        pem: the key, encrypted or not.
        passphrase: decrypts the key; None if it is not encrypted.

    Raises:
        ConfigurationError: the text is not a PEM private key, or the passphrase is wrong.
    """
    try:
        key = serialization.load_pem_private_key(
            pem.encode(), None if passphrase is None else passphrase.encode()
        )
    except (ValueError, TypeError, UnsupportedAlgorithm, binascii.Error) as error:
        raise ConfigurationError(
            f"{env.SNOWFLAKE_PRIVATE_KEY} is not a PEM private key, or "
            f"{env.SNOWFLAKE_PRIVATE_KEY_PASSPHRASE} does not decrypt it: {error}"
        ) from error
    return key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _parameters(settings: SnowflakeSettings, role: str) -> dict[str, Any]:
    parts = {name: secret.find() for name, secret in settings.snowflake.items()}
    given = {
        "account": settings.snowflake[env.SNOWFLAKE_ACCOUNT].get(),
        "user": settings.snowflake[env.SNOWFLAKE_USER].get(),
        "role": parts[env.SNOWFLAKE_ROLE],
        "warehouse": parts[env.SNOWFLAKE_WAREHOUSE],
        "host": parts[env.SNOWFLAKE_HOST],
        "port": parts[env.SNOWFLAKE_PORT],
        "protocol": parts[env.SNOWFLAKE_PROTOCOL],
        **_authentication(settings),
    }
    return {name: value for name, value in given.items() if value is not None} | {
        "database": settings.database,
        "schema": settings.raw_schema,
        "paramstyle": "qmark",
        "login_timeout": _LOGIN_SECONDS,
        "network_timeout": _STATEMENT_SECONDS,
        "client_session_keep_alive": False,
        # By default each connection first asks the cloud's metadata address which platform this is,
        # for telemetry: 0.2 s, and traffic that a NetworkPolicy may deny.
        "platform_detection_timeout_seconds": 0.0,
        "session_parameters": {
            "QUERY_TAG": f"stockfeed {role} {settings.feed}",
            "LOCK_TIMEOUT": LOCK_TIMEOUT_SECONDS,
            "TIMEZONE": "UTC",
        },
    }


def _authentication(settings: SnowflakeSettings) -> dict[str, object]:
    secrets = settings.snowflake
    if settings.uses_password:
        return {"password": secrets[env.SNOWFLAKE_PASSWORD].get()}
    passphrase = secrets[env.SNOWFLAKE_PRIVATE_KEY_PASSPHRASE].find()
    return {"private_key": private_key_der(secrets[env.SNOWFLAKE_PRIVATE_KEY].get(), passphrase)}
