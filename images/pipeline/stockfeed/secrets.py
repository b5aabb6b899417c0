"""Credentials, looked up anew at each use so that a rotated file is picked up without a restart."""

from dataclasses import dataclass, field
from pathlib import Path

from stockfeed.errors import ConfigurationError


@dataclass(frozen=True)
class Secret:
    """One credential: a file of a mounted Secret, else a value from the environment.

    Attributes:
        variable: the environment variable that holds the value or names the directory or file.
        file: the mounted file, read at every use. It wins over `value`.
        value: the value from the environment, never shown in `repr`.
    """

    variable: str
    file: Path | None = None
    value: str | None = field(default=None, repr=False)

    def get(self) -> str:
        """The credential as it is now.

        Raises:
            ConfigurationError: there is neither a file nor a value; the message names both places.
        """
        found = self.find()
        if found is None:
            raise ConfigurationError(self.missing_message())
        return found

    def find(self) -> str | None:
        """The credential as it is now, or None."""
        if self.file is not None:
            try:
                # Editors and `echo` leave a newline at the end that is not part of the credential.
                text = self.file.read_text().strip()
            except (OSError, UnicodeDecodeError):
                text = ""
            if text:
                return text
        return self.value or None

    def missing_message(self) -> str:
        """What to say to a user when there is no credential."""
        if self.file is None:
            return f"{self.variable} is not set"
        return (
            f"{self.file} is missing, unreadable or empty: add the key {self.file.name!r} to the "
            f"Secret mounted at {self.file.parent}, or set {self.variable}"
        )


def mounted_secret(directory: Path | None, key: str, variable: str, value: str | None) -> Secret:
    """The credential under `key` of the Secret mounted at `directory`, if one is mounted."""
    return Secret(variable, None if directory is None else directory / key, value)
