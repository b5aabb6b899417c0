"""dbt builds valid credentials from the profile, for an account and for the emulator."""

from argparse import Namespace
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from dbt.adapters.snowflake.connections import SnowflakeCredentials
from dbt.config.runtime import load_profile
from dbt.flags import set_from_args
from dbt_common.context import set_invocation_context

from stockfeed.settings import BuildSettings
from stockfeed.snowflake import private_key_der
from stockfeed.transform.invocation import exported

PROJECT = Path(__file__).parents[3] / "dbt_stocks"
KEY = rsa.generate_private_key(65537, 2048)
ACCOUNT = {"account": "acme-prod", "user": "STOCKFEED"}
NAMES = {"role": "STOCKFEED", "warehouse": "STOCKFEED"}
MakeCredentials = Callable[[Mapping[str, str]], SnowflakeCredentials]


def pem(passphrase: str | None = None) -> str:
    encryption = (
        serialization.NoEncryption()
        if passphrase is None
        else serialization.BestAvailableEncryption(passphrase.encode())
    )
    return KEY.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption
    ).decode()


@pytest.fixture
def credentials(tmp_path: Path) -> MakeCredentials:
    """Builds dbt's credentials from a mounted Secret, with nothing else in the environment."""

    def make(secret: Mapping[str, str]) -> SnowflakeCredentials:
        for key, value in secret.items():
            (tmp_path / key).write_text(value)
        environment = {
            "STOCKFEED_FEED": "us-equities",
            "STOCKFEED_WAREHOUSE_DATABASE": "STOCKS",
            "STOCKFEED_DBT_SCHEMA": "ANALYTICS",
            "STOCKFEED_DBT_PROJECT_DIR": str(PROJECT),
            "STOCKFEED_SNOWFLAKE_CREDENTIALS_DIR": str(tmp_path),
        }
        settings = BuildSettings.from_env(environment)
        set_invocation_context(environment | exported(settings))
        set_from_args(Namespace(PROFILES_DIR=str(PROJECT), PROJECT_DIR=str(PROJECT)), None)
        credentials = load_profile(str(PROJECT), {}).credentials
        assert isinstance(credentials, SnowflakeCredentials)
        return credentials

    return make


def sent_by(credentials: SnowflakeCredentials) -> dict[str, Any]:
    """Returns the arguments with which the adapter connects."""
    sent: dict[str, Any] = credentials.auth_args()  # type: ignore[no-untyped-call]  # not annotated
    return sent


@pytest.mark.parametrize("passphrase", [None, "open sesame"])
def test_account_uses_the_loaders_key(credentials: MakeCredentials, passphrase: str | None) -> None:
    secret = ACCOUNT | NAMES | {"privateKey": pem(passphrase)}
    if passphrase is not None:
        secret["privateKeyPassphrase"] = passphrase
    made = credentials(secret)
    sent = sent_by(made)
    assert sent["private_key"] == private_key_der(pem(), None)
    assert sent["user"] == "STOCKFEED"
    assert (sent.get("host"), sent["port"], sent["protocol"]) == (None, 443, "https")
    assert "password" not in sent
    assert (made.account, made.role, made.warehouse) == ("acme-prod", "STOCKFEED", "STOCKFEED")
    assert (made.database, made.schema) == ("STOCKS", "ANALYTICS")


def test_account_with_a_private_host_uses_the_key(credentials: MakeCredentials) -> None:
    host = "acme-prod.privatelink.snowflakecomputing.com"
    sent = sent_by(credentials(ACCOUNT | {"privateKey": pem(), "host": host}))
    assert sent["private_key"] == private_key_der(pem(), None)
    assert (sent["host"], sent["port"], sent["protocol"]) == (host, 443, "https")


def test_emulator_uses_a_password(credentials: MakeCredentials) -> None:
    place = {"host": "snowflake", "port": "8080", "protocol": "http"}
    sent = sent_by(credentials(ACCOUNT | place | {"password": "any"}))
    assert sent["password"] == "any"
    assert sent["private_key"] is None
    assert (sent["host"], sent["port"], sent["protocol"]) == ("snowflake", 8080, "http")


def test_session_has_the_feeds_query_tag_and_the_users_defaults(
    credentials: MakeCredentials,
) -> None:
    made = credentials(ACCOUNT | {"privateKey": pem()})
    assert made.query_tag == "stockfeed build us-equities"
    assert made.client_session_keep_alive is False
    assert (made.role, made.warehouse) == (None, None)
    assert (made.connect_retries, made.retry_on_database_errors) == (3, True)


def test_every_field_exists_in_the_adapter() -> None:
    outputs = yaml.safe_load((PROJECT / "profiles.yml").read_text())["dbt_stocks"]["outputs"]
    fields = set(SnowflakeCredentials.__dataclass_fields__) | {"type", "threads"}
    assert {name for output in outputs.values() for name in output} - fields == set()
