"""Builds volumes that mount Secrets as files.

The volumes are optional, so that a pod starts without its Secret and can report what is missing.
The paths contain the Secret's name, so that an error about a missing file names the Secret.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

_ROOT: Final = "/etc/stockfeed/secrets"
_NAMED: Final = re.compile(rf"{_ROOT}/[a-z0-9-]+/([a-z0-9.-]*[a-z0-9])")


@dataclass(frozen=True, slots=True)
class SecretFiles:
    """Keys of a Secret, mounted as files with the same names.

    Attributes:
        purpose: what the keys are for; also the name of the volume.
        secret: the Secret's name.
        keys: the keys to mount; keys missing from the Secret are skipped.
    """

    purpose: str
    secret: str
    keys: tuple[str, ...]

    @property
    def directory(self) -> str:
        """Directory of the files."""
        return f"{_ROOT}/{self.purpose}/{self.secret}"

    def file(self, key: str) -> str:
        """Returns the path of a key's file."""
        return f"{self.directory}/{key}"


def volumes(secrets: Iterable[SecretFiles]) -> list[dict[str, Any]]:
    """Returns the volumes for the pod."""
    return [
        {
            "name": files.purpose,
            "secret": {
                "secretName": files.secret,
                "optional": True,
                "items": [{"key": key, "path": key} for key in files.keys],
            },
        }
        for files in secrets
    ]


def mounts(secrets: Iterable[SecretFiles]) -> list[dict[str, Any]]:
    """Returns the volume mounts for the container."""
    return [
        {"name": files.purpose, "mountPath": files.directory, "readOnly": True} for files in secrets
    ]


def named_in(message: str) -> str | None:
    """Returns the name of the Secret that a role's message mentions by path; None without one."""
    found = _NAMED.search(message)
    return None if found is None else found[1]
