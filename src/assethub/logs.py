"""The hub's log on standard error: JSON, a line each, or text for people on a terminal."""

import logging
import sys
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

# The id of the request that is being answered; threads that work for it know it, too.
REQUEST_ID: ContextVar[str] = ContextVar("assethub_request_id", default="")


def make_renderer(log_format: str) -> Callable[[dict[str, object]], str]:
    """What turns the fields of a log line into its text; `log_format` is that of the settings."""
    renderers = _make_renderers(log_format)

    def render(fields: dict[str, object]) -> str:
        event: Any = fields
        for processor in renderers:
            event = processor(None, "info", event)
        return str(event)

    return render


def configure_logging(log_format: str) -> None:
    """Sends what the hub and its libraries log to standard error, in one form."""
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        _add_request_id,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderers = _make_renderers(log_format)
    structlog.configure(
        processors=[*shared, *renderers],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING)


def _make_renderers(log_format: str) -> list[Processor]:
    on_terminal = sys.stderr.isatty()
    if log_format == "console" or (log_format == "auto" and on_terminal):
        # The traceback of `rich` would show what is in variables, keys among it.
        plain = structlog.dev.plain_traceback
        console = structlog.dev.ConsoleRenderer(colors=on_terminal, exception_formatter=plain)
        return [_escape, console]
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]


def _escape(_logger: Any, _name: str, event: EventDict) -> EventDict:
    """What callers wrote cannot begin a line of its own, nor steer a terminal."""
    for name, value in event.items():
        if isinstance(value, str) and not value.isprintable():
            event[name] = value.encode("unicode_escape").decode()
    return event


def _add_request_id(_logger: Any, _name: str, event: EventDict) -> EventDict:
    if request_id := REQUEST_ID.get():
        event["request_id"] = request_id
    return event
