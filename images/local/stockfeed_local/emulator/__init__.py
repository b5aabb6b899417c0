"""A Snowflake emulator on DuckDB: extends fakesnow with the features that StockFeed needs.

Each file adds one feature, and its tests check the behaviour that Snowflake documents. The classes
here subclass fakesnow's internals, so exactly one version of it is supported.
"""

from importlib.metadata import version

SUPPORTED_FAKESNOW = "0.12.1"

if (_installed := version("fakesnow")) != SUPPORTED_FAKESNOW:
    raise ImportError(
        f"the emulator requires fakesnow {SUPPORTED_FAKESNOW}, but {_installed} is installed; "
        f"install fakesnow=={SUPPORTED_FAKESNOW}"
    )
