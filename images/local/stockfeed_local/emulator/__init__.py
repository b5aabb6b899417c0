"""A Snowflake emulator: fakesnow's server plus what StockFeed uses and fakesnow lacks.

Each addition lives in a file of its own, by subject, and has a test against Snowflake's
documented behaviour. fakesnow's internals are extended by subclassing, hence the pinned version.
"""

from importlib.metadata import version

SUPPORTED_FAKESNOW = "0.12.1"

if (_installed := version("fakesnow")) != SUPPORTED_FAKESNOW:
    raise ImportError(
        f"the emulator extends fakesnow {SUPPORTED_FAKESNOW}, but {_installed} is installed: "
        f"install fakesnow=={SUPPORTED_FAKESNOW}"
    )
