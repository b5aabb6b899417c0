"""How a role reports: structured logs, and the message of a container that fails."""

import logging
import os
import sys
from pathlib import Path

import structlog

from stockfeed.contract.endpoints import TERMINATION_LOG

# Kubernetes keeps this many bytes of a termination message:
# https://kubernetes.io/docs/tasks/debug/debug-application/determine-reason-pod-failure/
_TERMINATION_BYTES = 4096


def configure(level: str, log_format: str) -> None:
    """Configures structlog and the standard library's logging to write to stderr.

    Args:
        level: `debug`, `info`, `warning` or `error`.
        log_format: `json` writes one JSON object per line, `console` human-readable lines.
    """
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level.upper()]
        ),
        # Looked up at each call, because test runners replace sys.stderr.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )
    # Libraries log through the standard library; send their warnings to the same stream.
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(name)s: %(message)s")


def write_termination_message(message: str, path: Path = Path(TERMINATION_LOG)) -> None:
    """Writes a failing role's message to the container's termination log, if there is one.

    Kubernetes and Argo show this message. It is cut to 4096 bytes, keeping the beginning.
    """
    # Outside a container the file does not exist, and /dev must stay untouched.
    if path.exists() and os.access(path, os.W_OK):
        path.write_bytes(message.encode()[:_TERMINATION_BYTES])
