"""The operator's settings: parsed once from the environment into a frozen, validated object.

The chart sets them. Nothing reads the environment at import; `run` passes a mapping in. All that
is missing or wrong is reported at once, by environment name.
"""

from collections.abc import Mapping
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from stockfeed.contract import endpoints
from stockfeed.contract.durations import parse_duration

PREFIX: Final = "STOCKFEED_OPERATOR_"


class SettingsError(Exception):
    """Settings are missing or wrong; the message names each variable, a line each."""


def _names(value: object) -> object:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _seconds(value: object) -> object:
    return parse_duration(value) if isinstance(value, str) else value


def _variable(field: str) -> str:
    return PREFIX + field.upper()


class Settings(BaseModel):
    """What an installation of the operator decides; a field's variable is `PREFIX` + its name.

    Attributes:
        namespaces: namespaces whose feeds are reconciled; empty: all.
        pipeline_image: image of producer, consumer and loader, where a feed names no other.
        dbt_image: image of the dbt build, likewise.
        task_results_role: ClusterRole that lets a workflow's pod write its `workflowtaskresults`.
        lease_name: Lease that the working replica holds.
        lease_namespace: its namespace: the operator's own.
        pod_name: who this replica is in the Lease.
        max_workers: feeds that are reconciled at the same time.
        resync_interval: seconds between two looks at a feed of which nothing was heard.
        http_port: port of liveness, readiness and metrics.
        log_level: least level that is logged.
        log_format: json for machines, console for people.
    """

    model_config = ConfigDict(
        frozen=True, extra="ignore", hide_input_in_errors=True, alias_generator=_variable
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
    http_port: Annotated[int, Field(ge=0, le=65535)] = endpoints.HTTP_PORT
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["json", "console"] = "json"

    @classmethod
    def from_env(cls, environment: Mapping[str, str]) -> Self:
        """Parses the environment; an empty variable is an unset one.

        Raises:
            SettingsError: names every variable that is missing or wrong.
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
            text = "settings are missing or wrong:\n  " + "\n  ".join(problems)
            raise SettingsError(text) from error


def variables() -> tuple[str, ...]:
    """The names of all settings in the environment."""
    return tuple(_variable(name) for name in Settings.model_fields)
