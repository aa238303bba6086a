"""Structured logs to standard error, without message text at INFO and above."""

import logging
import sys

import structlog


class _TypeOnly(logging.Formatter):
    """Shows of an exception only its type: its text may repeat a message, a database parameter, a password."""

    def format(self, record: logging.LogRecord) -> str:
        kind = record.exc_info[0] if record.exc_info else None
        # The first line only: asyncio puts the error itself, with its text, below.
        line = f"{record.levelname} {record.name} {record.getMessage().partition(chr(10))[0]}"
        return line if kind is None else f"{line} ({kind.__name__})"


def set_up(level: str) -> None:
    """Write one line an event. Tracebacks are shown at DEBUG only, and only there may a log hold text."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    )
    handler = logging.StreamHandler(sys.stderr)
    plain = logging.Formatter("%(levelname)s %(name)s %(message)s")
    handler.setFormatter(plain if level == "DEBUG" else _TypeOnly())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)


def failure(event: str, error: BaseException, **where: object) -> None:
    """Log an error of our own by its type; its text and traceback, which may repeat a message, at DEBUG only."""
    log = structlog.get_logger()
    log.error(event, error=type(error).__name__, **where)
    log.debug(f"{event}_trace", exc_info=error)
