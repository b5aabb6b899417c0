"""Structured logs: one JSON object a line in a cluster, readable lines on a terminal."""

import logging
import sys

import structlog


def configure(level: str, log_format: str) -> None:
    """Sets up logging of the process.

    Args:
        level: `debug`, `info`, `warning` or `error`.
        log_format: `json` or `console`.
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
        # The stream of the moment: a process may replace it, as test runners do.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )
    # Libraries log through the standard library; their warnings belong in the same stream.
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(name)s: %(message)s")
