"""The operator's settings, parsed from environment variables that the chart sets.

No module reads the environment at import; the `run` command passes it in. One error lists every
missing or invalid variable.
"""

from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from stockfeed.contract import endpoints
from stockfeed.contract.durations import parse_duration

PREFIX: Final = "STOCKFEED_OPERATOR_"


class SettingsError(Exception):
    """Settings are missing or invalid; the message lists each variable on a line."""


def _names(value: object) -> object:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _seconds(value: object) -> object:
    return parse_duration(value) if isinstance(value, str) else value


def _variable(field: str) -> str:
    return PREFIX + field.upper()


class Settings(BaseModel):
    """The settings of an operator installation.

    Each field is set by the environment variable `STOCKFEED_OPERATOR_` plus its name in upper case.

    Attributes:
        cluster: name of the cluster, unique among those that share a bucket.
        namespaces: namespaces to watch, comma-separated; empty means all.
        pipeline_image: default image of producer, consumer and loader.
        dbt_image: default image of the dbt build.
        task_results_role: ClusterRole that lets a workflow's pod write its `workflowtaskresults`.
        lease_name: name of the leader election Lease.
        lease_namespace: namespace of the Lease: the operator's own.
        pod_name: identity of this replica in the Lease.
        max_workers: maximum number of feeds reconciled at once.
        resync_interval: maximum seconds between two reconciles of a feed.
        http_host: IP address of probes and metrics; `::` means all interfaces, IPv4 and IPv6.
        http_port: port of probes and metrics; 0 takes a free one.
        log_level: lowest level to log.
        log_format: `json`, or `console` for readable lines.
    """

    model_config = ConfigDict(
        frozen=True, extra="ignore", hide_input_in_errors=True, alias_generator=_variable
    )

    cluster: Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", max_length=63)] = (
        "default"
    )
    namespaces: Annotated[tuple[str, ...], BeforeValidator(_names)] = ()
    pipeline_image: str
    dbt_image: str
    task_results_role: str
    lease_name: str = "stockfeed-operator"
    lease_namespace: str
    pod_name: str
    max_workers: Annotated[int, Field(ge=1, le=100)] = 4
    resync_interval: Annotated[float, BeforeValidator(_seconds), Field(ge=10)] = 300.0
    http_host: IPv4Address | IPv6Address = IPv6Address(endpoints.ALL_INTERFACES)
    http_port: Annotated[int, Field(ge=0, le=65535)] = endpoints.HTTP_PORT
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["json", "console"] = "json"

    @classmethod
    def from_env(cls, environment: Mapping[str, str]) -> Self:
        """Parses environment variables; an empty variable counts as unset.

        Raises:
            SettingsError: at least one variable is missing or invalid.
        """
        given = {name: value for name, value in environment.items() if value}
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            problems = [
                f"{detail['loc'][0]}: "
                + ("not set" if detail["type"] == "missing" else detail["msg"])
                for detail in error.errors()
            ]
            text = "missing or invalid settings:\n  " + "\n  ".join(problems)
            raise SettingsError(text) from error


def variables() -> tuple[str, ...]:
    """Returns the names of all environment variables."""
    return tuple(_variable(name) for name in Settings.model_fields)
