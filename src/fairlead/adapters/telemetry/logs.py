"""Structured log lines on stderr."""

import logging
import sys

import structlog

from fairlead.adapters.telemetry.redaction import RedactingFormatter, redact_event
from fairlead.adapters.telemetry.settings import LogSettings

FOREIGN = "%(asctime)s [%(levelname)s] %(name)s: %(message)s"


def configure(settings: LogSettings) -> None:
    """Set up structlog for the process; no line shows a credential."""
    level = logging.getLevelNamesMapping()[settings.level.upper()]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(RedactingFormatter(FOREIGN))
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
    json = settings.format == "json"
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            redact_event,
            structlog.processors.JSONRenderer()
            if json
            else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
