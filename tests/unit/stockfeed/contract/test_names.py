"""Tests of the modules that contain only names."""

from types import ModuleType
from typing import Any

import pytest

from stockfeed.contract import endpoints, env, events, outputs, secret_keys, tables


def constants(module: ModuleType) -> dict[str, Any]:
    return {name: value for name, value in vars(module).items() if name.isupper()}


@pytest.mark.parametrize("module", [env, events, tables])
def test_constants_of_a_module_are_distinct(module: ModuleType) -> None:
    values = list(constants(module).values())
    assert len(values) == len(set(values))


def test_variables_have_the_stockfeed_prefix_or_an_sdk_prefix() -> None:
    prefixes = {value.split("_")[0] for value in constants(env).values()}
    assert prefixes == {"STOCKFEED", "AWS", "SNOWFLAKE"}


def test_all_lists_every_output() -> None:
    files = constants(outputs)
    for name in ("ALL", "LOAD_FAILURE", "BUILD_FAILED"):  # not outputs
        del files[name]
    assert set(outputs.ALL) == set(files.values())


def test_endpoints_are_absolute_paths() -> None:
    paths = (endpoints.HEALTHZ, endpoints.READYZ, endpoints.METRICS, endpoints.DRAINED)
    assert all(path.startswith("/") for path in paths)


def test_secret_keys_are_valid_file_names() -> None:
    assert all("/" not in key for key in constants(secret_keys).values())
