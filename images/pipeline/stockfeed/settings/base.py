"""Base class of all settings: parses the environment and reports all problems together."""

from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_core import ErrorDetails

from stockfeed.contract import endpoints, env
from stockfeed.errors import ConfigurationError
from stockfeed.secrets import Secret
from stockfeed.settings.values import Name


class Settings(BaseModel):
    """Settings common to all roles."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    feed: Name = Field(alias=env.FEED)
    http_host: IPv4Address | IPv6Address = Field(
        IPv6Address(endpoints.ALL_INTERFACES), alias=env.HTTP_HOST
    )
    http_port: int = Field(endpoints.HTTP_PORT, alias=env.HTTP_PORT, ge=0, le=65535)
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", alias=env.LOG_LEVEL)
    log_format: Literal["json", "console"] = Field("json", alias=env.LOG_FORMAT)

    @classmethod
    def from_env(cls, environment: Mapping[str, str]) -> Self:
        """Parses environment variables.

        Raises:
            ConfigurationError: variables are missing or invalid; each is listed on its own line.
        """
        # Templates and shells often write an unset variable as an empty one.
        given = {name: value for name, value in environment.items() if value != ""}
        settings = None
        try:
            settings = cls.model_validate(given)
        except ValidationError as error:
            problems = [_problem(detail) for detail in error.errors()]
            problems += cls.missing_credentials(given)
        else:
            problems = settings.credential_problems()
        if settings is None or problems:
            raise ConfigurationError("missing or invalid settings:\n  " + "\n  ".join(problems))
        return settings

    @classmethod
    def missing_credentials(cls, given: Mapping[str, str]) -> list[str]:
        """Returns a message for each credential that no variable provides."""
        return [
            f"{' or '.join(names)}: not set"
            for names in cls.credential_variables(given)
            if not any(name in given for name in names)
        ]

    @classmethod
    def credential_variables(cls, given: Mapping[str, str]) -> list[tuple[str, ...]]:  # noqa: ARG003
        """Returns groups of variables; one of each group must be set."""
        return []

    def credentials(self) -> list[Secret]:
        """Returns the credentials that the role requires."""
        return []

    def credential_problems(self) -> list[str]:
        """Returns a message for each required credential that is missing."""
        return [secret.missing_message() for secret in self.credentials() if secret.find() is None]


def _problem(detail: ErrorDetails) -> str:
    name = str(detail["loc"][0])
    if detail["type"] == "missing":
        return f"{name}: not set"
    return f"{name}: {detail['msg'].removeprefix('Value error, ')}"


def reveal(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()
