"""Opening a Snowflake session, and what Snowflake's errors mean to a role."""

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
"""Longer than the 5 minutes after which Snowflake aborts a killed loader's blocking transaction."""

_LOGIN_SECONDS: Final = 20
# The connector's network_timeout bounds more than its name says: it also cancels a statement that
# takes longer (SnowflakeCursor._execute_helper starts a timer), be it only waiting for the lock.
_STATEMENT_SECONDS: Final = LOCK_TIMEOUT_SECONDS + 60

# https://docs.snowflake.com/en/user-guide/key-pair-auth-troubleshooting and the messages of the
# statements themselves.
_MISSING: Final = frozenset({2003, 2043, 90105, 90106})
_CONFIGURATION: Final = _MISSING | {606, 3001, 90073}
# 2002 "already exists" despite IF NOT EXISTS: another loader created the table meanwhile.
_TRANSIENT: Final = frozenset(
    {603, 604, 2002, 608, 625, 630, 390111, 390112, 390114, 390115, 390195}
)
# SQL states: connection exceptions, operator intervention (lock timeouts, cancelled statements).
_TRANSIENT_CLASSES: Final = ("08", "57")


def connect(settings: SnowflakeSettings, role: str) -> SnowflakeConnection:
    """Opens a session; credentials are read now, so that a rotated file is used.

    Args:
        settings: where Snowflake is; database and raw schema are the session's.
        role: for the query tag.

    Raises:
        ConfigurationError: a credential is unusable or was refused.
        TransientError: Snowflake did not answer.
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
    """The statement names an object that does not exist, or one that the role may not see."""
    return error.errno in _MISSING


def translate_error(error: Error, action: str) -> StockfeedError:
    """What an error of a statement means for a next try."""
    text = f"Snowflake, {action}: {error}"
    if error.errno in _CONFIGURATION:
        return ConfigurationError(f"{text}; check database, schema, role and warehouse")
    if error.errno in _TRANSIENT or (error.sqlstate or "").startswith(_TRANSIENT_CLASSES):
        return TransientError(text)
    if isinstance(error, ProgrammingError | NotSupportedError):
        return DataError(text)
    return TransientError(text)


def private_key_der(pem: str, passphrase: str | None) -> bytes:
    """A PEM private key in the form that the connector takes.

    Raises:
        ConfigurationError: it is no PEM private key, or the passphrase does not open it.
    """
    try:
        key = serialization.load_pem_private_key(
            pem.encode(), None if passphrase is None else passphrase.encode()
        )
    except (ValueError, TypeError, UnsupportedAlgorithm, binascii.Error) as error:
        raise ConfigurationError(
            f"{env.SNOWFLAKE_PRIVATE_KEY} is no PEM private key that "
            f"{env.SNOWFLAKE_PRIVATE_KEY_PASSPHRASE} opens: {error}"
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
