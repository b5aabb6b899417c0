"""The last word of a role that fails, where Kubernetes and Argo find it."""

import os
from pathlib import Path

from stockfeed.contract.endpoints import TERMINATION_LOG

_LIMIT = 4096


def report(message: str, path: Path = Path(TERMINATION_LOG)) -> None:
    """Writes why the role ends to the container's termination log, where there is one.

    What Kubernetes would cut off is cut off here: the beginning says most.
    """
    # Outside a container the file does not exist, and nothing should be made in /dev.
    if path.exists() and os.access(path, os.W_OK):
        path.write_bytes(message.encode()[:_LIMIT])
