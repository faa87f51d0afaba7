"""Waiting for what must come."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_for(found: Callable[[], T | None], what: str, seconds: float = 20.0) -> T:
    """The first result of `found` that is true; an AssertionError that says what was waited for."""
    end = time.monotonic() + seconds
    while True:
        result = found()
        if result:
            return result
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds:g} s in vain for {what}; last seen: {result!r}")
        time.sleep(0.004)
