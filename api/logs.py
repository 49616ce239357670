"""Where do lines of the log go? Through structlog to standard error: text for people, JSON for machines; UTC."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from api.settings import LogFormat, Settings


def configure_logs(settings: Settings) -> None:
    """Send our own lines and those of libraries the same way; to be called once in a process."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _renderer(settings.log_format)],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.value.upper())
    for loud in (
        "uvicorn.access",
        "uvicorn.error",
        "alembic",
        "dbos",
        "apscheduler",
        "weasyprint",
        "fontTools",
        "pyhanko",
    ):
        logging.getLogger(loud).setLevel(logging.WARNING)


def _renderer(form: LogFormat) -> structlog.typing.Processor:
    # Both put a line break of a value into quotes or escapes: nobody writes lines of our log for us.
    if form is LogFormat.JSON:
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    return _one_line


def _one_line(logger: Any, method: str, event: MutableMapping[str, Any]) -> str:
    exception = event.pop("exception", None)
    head = f"{event.pop('timestamp')} {event.pop('level'):7} {_flat(event.pop('event'))}"
    event.pop("logger", None)
    rest = " ".join(f"{name}={_flat(value)}" for name, value in event.items())
    return f"{head} {rest}".rstrip() + (f"\n{exception}" if exception else "")


def _flat(value: object) -> str:
    text = str(value)
    return text if text.isprintable() else repr(text)
