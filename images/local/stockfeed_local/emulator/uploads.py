"""Presigned URLs on the emulator's own server, to which clients upload the files of a PUT.

The connector uploads over plain HTTP only to presigned URLs of Google Cloud Storage
(`gcs_storage_client.py` in snowflake-connector-python), so the emulator presents itself as that.
The connector requests one URL per file, by repeating the PUT with the file's name.
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
    """A PUT whose files the client may upload; see `stage_commands.Put` for the options."""

    source: str
    stage: QualifiedName
    path: str
    parallel: int
    auto_compress: bool
    source_compression: str
    overwrite: bool

    @property
    def name(self) -> str:
        """The file's name in the stage, for a PUT of a single file."""
        return f"{self.path.strip('/')}/{self.source.rpartition('/')[2]}".lstrip("/")


class Presigner:
    """Signs and verifies upload URLs."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def url(self, base_url: str, upload: Upload) -> str:
        """Returns the URL for one file."""
        path = quote("/".join(("/stage-files", *upload.stage.parts, upload.name)))
        overwrite = str(upload.overwrite).lower()
        query = urlencode({"overwrite": overwrite, "signature": self._sign(path, overwrite)})
        return f"{base_url.rstrip('/')}{path}?{query}"

    def is_valid(self, path: str, overwrite: str, signature: str) -> bool:
        """Returns whether a URL was issued by this server.

        Args:
            path: The URL's path, percent-encoded.
            overwrite: Its query parameter: `true` or `false`.
            signature: Its query parameter.
        """
        return hmac.compare_digest(self._sign(path, overwrite), signature)

    def _sign(self, path: str, overwrite: str) -> str:
        return hmac.new(self._key, f"{path}?{overwrite}".encode(), hashlib.sha256).hexdigest()
