"""Where clients send the files of a PUT: presigned addresses on the emulator's own server.

The connector uploads over plain HTTP only to an address it takes for Google's presigned one
(`gcs_storage_client.py`), and asks for one per file by repeating the PUT with the file's own name.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from stockfeed_local.emulator.names import QualifiedName

ROUTE = "/stage-files/{database}/{schema}/{stage}/{name:path}"


@dataclass(frozen=True)
class Upload:
    """A PUT that the session allows: the answer lets the client send its files."""

    source: str
    stage: QualifiedName
    path: str
    parallel: int
    auto_compress: bool
    source_compression: str
    overwrite: bool

    @property
    def name(self) -> str:
        """The name in the stage of a single source file."""
        return f"{self.path.strip('/')}/{self.source.rpartition('/')[2]}".lstrip("/")


class Presigner:
    """Signs addresses, so that only those given out take files."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def url(self, base_url: str, upload: Upload) -> str:
        """An address for one file."""
        path = quote("/".join(("/stage-files", *upload.stage.parts, upload.name)))
        overwrite = str(upload.overwrite).lower()
        query = urlencode({"overwrite": overwrite, "signature": self._sign(path, overwrite)})
        return f"{base_url.rstrip('/')}{path}?{query}"

    def is_valid(self, path: str, overwrite: str, signature: str) -> bool:
        """Whether this server gave the address out.

        Args:
            path: As sent, with its percent signs.
            overwrite: `true` or `false`.
            signature: As sent.
        """
        return hmac.compare_digest(self._sign(path, overwrite), signature)

    def _sign(self, path: str, overwrite: str) -> str:
        return hmac.new(self._key, f"{path}?{overwrite}".encode(), hashlib.sha256).hexdigest()
