"""Credentials, read at every use so that a rotated file takes effect without a restart."""

from dataclasses import dataclass, field
from pathlib import Path

from stockfeed.errors import ConfigurationError


@dataclass(frozen=True)
class Secret:
    """A credential from a mounted Secret's file or from the environment.

    Attributes:
        variable: the environment variable for the value, used in error messages.
        file: the mounted file, read at every use; takes precedence over `value`.
        value: the value from the environment; excluded from `repr`.
    """

    variable: str
    file: Path | None = None
    value: str | None = field(default=None, repr=False)

    def get(self) -> str:
        """Returns the current credential.

        Raises:
            ConfigurationError: neither a file nor a value exists; the message names both places.
        """
        credential = self.find()
        if credential is None:
            raise ConfigurationError(self.missing_message())
        return credential

    def find(self) -> str | None:
        """Returns the current credential, or None if there is none."""
        if self.file is not None:
            try:
                # Editors and `echo` add a trailing newline that is not part of the credential.
                text = self.file.read_text().strip()
            except (OSError, UnicodeDecodeError):
                text = ""
            if text:
                return text
        return self.value or None

    def missing_message(self) -> str:
        """Returns an error message that names where the credential is expected."""
        if self.file is None:
            return f"{self.variable} is not set"
        return (
            f"{self.file} is missing, unreadable or empty: add the key {self.file.name!r} to the "
            f"Secret mounted at {self.file.parent}, or set {self.variable}"
        )


def mounted_secret(directory: Path | None, key: str, variable: str, value: str | None) -> Secret:
    """Returns the credential for `key` of the Secret mounted at `directory`, or for `value`.

    Args:
        directory: where the Secret is mounted; None if it is not.
        key: the Secret's key, which is the file's name.
        variable: the environment variable for the value.
        value: the variable's value, used if there is no file; None if it is not set.
    """
    return Secret(variable, None if directory is None else directory / key, value)
