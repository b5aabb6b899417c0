"""Secrets as files: optional volumes, so that a pod starts without one and says what is missing.

The path holds the Secret's name, so a role's message about a missing file names the Secret.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

_ROOT: Final = "/etc/stockfeed/secrets"
_NAMED: Final = re.compile(rf"{_ROOT}/[a-z0-9-]+/([a-z0-9.-]*[a-z0-9])")


@dataclass(frozen=True, slots=True)
class SecretFiles:
    """Keys of one Secret that a container gets as files of these names.

    Attributes:
        purpose: what they are for; the volume's name.
        secret: the Secret's name.
        keys: the keys; one that the Secret lacks is left out.
    """

    purpose: str
    secret: str
    keys: tuple[str, ...]

    @property
    def directory(self) -> str:
        """Where the files are."""
        return f"{_ROOT}/{self.purpose}/{self.secret}"

    def file(self, key: str) -> str:
        """Path of one key's file."""
        return f"{self.directory}/{key}"


def volumes(secrets: Iterable[SecretFiles]) -> list[dict[str, Any]]:
    """The pod's volumes."""
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
    """The container's mounts."""
    return [
        {"name": files.purpose, "mountPath": files.directory, "readOnly": True} for files in secrets
    ]


def named_in(message: str) -> str | None:
    """The Secret whose files a role's message is about."""
    found = _NAMED.search(message)
    return None if found is None else found[1]
