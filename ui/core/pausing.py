"""Pauses that survive a restart."""

from __future__ import annotations

import datetime
import json
import math
import os
from contextlib import suppress
from pathlib import Path

QUARTER_S = 15 * 60.0
_MORNING = datetime.time(4)
"""Whoever is still awake then has not begun a new day; until then it is today."""


class Pause:
    """Until when quicktype keeps silent, by the wall clock (`time.time()`)."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path or pause_path()
        self.until = _read(self._path)

    def holds(self, now: float) -> bool:
        """Whether it is silent now."""
        return now < self.until

    def set(self, until: float) -> None:
        """Silent until then; 0 ends it, infinity is until somebody ends it."""
        self.until = until
        with suppress(OSError):  # a pause that is not kept over a restart is one, all the same
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._path.write_text(json.dumps({"until": _to_json(until)}), encoding="utf-8")


def tomorrow(now: float) -> float:
    """When the next day begins for somebody who stays up late."""
    local = datetime.datetime.fromtimestamp(now).astimezone()
    morning = datetime.datetime.combine(local.date(), _MORNING).astimezone()
    if morning <= local:
        day = local.date() + datetime.timedelta(days=1)
        morning = datetime.datetime.combine(day, _MORNING).astimezone()
    return morning.timestamp()


def pause_path() -> Path:
    """Where it is kept: $XDG_STATE_HOME/quicktype/pause.json."""
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "quicktype" / "pause.json"


def _to_json(until: float) -> float | str:
    return "ended by hand" if until == math.inf else until


def _read(path: Path) -> float:
    try:
        until = json.loads(path.read_text(encoding="utf-8"))["until"]
    except (OSError, ValueError, KeyError, TypeError):
        return 0.0
    if isinstance(until, str):
        return math.inf
    return float(until) if isinstance(until, int | float) else 0.0
