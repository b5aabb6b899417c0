"""The modules that hold nothing but names."""

import pytest

from stockfeed.contract import endpoints, env, events, outputs, secret_keys, tables


def constants(module):
    return {name: value for name, value in vars(module).items() if name.isupper()}


@pytest.mark.parametrize("module", [env, events, tables])
def test_no_name_is_given_twice(module):
    values = list(constants(module).values())
    assert len(values) == len(set(values))


def test_our_variables_have_our_prefix_and_the_sdks_keep_theirs():
    prefixes = {value.split("_")[0] for value in constants(env).values()}
    assert prefixes == {"STOCKFEED", "AWS", "SNOWFLAKE"}


def test_all_outputs_are_listed():
    files = constants(outputs)
    for name in ("ALL", "LOAD_FAILURE", "BUILD_FAILED"):  # a word to the build, one to the operator
        del files[name]
    assert set(outputs.ALL) == set(files.values())


def test_endpoints_are_paths():
    paths = (endpoints.HEALTHZ, endpoints.READYZ, endpoints.METRICS, endpoints.DRAINED)
    assert all(path.startswith("/") for path in paths)


def test_secret_keys_are_file_names():
    assert all("/" not in key for key in constants(secret_keys).values())
