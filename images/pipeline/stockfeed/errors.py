"""StockFeed's exceptions.

    StockfeedError
    ├── ConfigurationError      a setting or a Secret must be changed
    ├── TransientError          the same call may succeed later
    └── DataError               stored data is inconsistent; needs investigation
        ├── UnreadableObjectError   an object is too large or archived (`stockfeed.objectstore`)
        └── PartialLoadError        some objects could not be loaded, the others were

A role that ends with one of these prints only the message, without a traceback. The message names
the setting, object or file and what to do.
"""


class StockfeedError(Exception):
    """Base class of StockFeed's exceptions."""


class ConfigurationError(StockfeedError):
    """Settings or credentials are missing or invalid; retrying does not help."""


class TransientError(StockfeedError):
    """A service did not respond or refused temporarily; retrying may succeed."""


class DataError(StockfeedError):
    """Stored data is inconsistent; processing stops rather than skipping or guessing."""


class PartialLoadError(DataError):
    """Some objects could not be loaded and block their partitions; all others were loaded."""
