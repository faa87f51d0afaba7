"""The tray's log: what failed and where, never the text that an error may quote."""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

_LOG = logging.getLogger("quicktype")


def keep_quiet() -> None:
    """From now on errors that nobody handles are logged by kind and place alone."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    sys.excepthook = _unhandled
    threading.excepthook = lambda args: _unhandled(
        args.exc_type, args.exc_value or args.exc_type(), args.exc_traceback
    )


def place_of(error: BaseException) -> str:
    """The kind of an error, and the lines of code that it came through."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(frames))
    return f"{type(error).__name__} in {lines}"


def _unhandled(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    _LOG.error("unexpected: %s", place_of(error.with_traceback(trace)))
