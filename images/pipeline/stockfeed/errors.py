"""The errors that StockFeed raises on purpose.

    StockfeedError
    ├── ConfigurationError      the user must change a setting or a Secret
    ├── TransientError          the same call may succeed later
    └── DataError               what was read contradicts the contract; a person must look
        └── PartialLoadError        some objects could not be loaded; the others are

A role that ends with one of these prints its message and nothing else: the message names the
setting, object or file and says what to do.
"""


class StockfeedError(Exception):
    """The root of all errors that StockFeed raises on purpose."""


class ConfigurationError(StockfeedError):
    """Settings or credentials are missing or wrong; running again changes nothing."""


class TransientError(StockfeedError):
    """A service did not answer or refused for now; running again may succeed."""


class DataError(StockfeedError):
    """Stored data contradicts the contract; nothing is skipped or guessed."""


class PartialLoadError(DataError):
    """Some objects could not be loaded, and their partitions wait; everything else is loaded."""
