"""What quicktype did, in numbers: per day, never a letter of what was typed."""

from __future__ import annotations

import bisect
import datetime
import json
import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ui.core.actions import Event

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

BOUNDS_MS = (1, 2, 3, 5, 8, 12, 20, 30, 50, 80, 120, 200, 500, 1000)
"""Upper ends of the buckets that answers' times are counted in; a last one has all above."""
_KEPT_DAYS = 400


@dataclass(slots=True)
class Day:
    """One day's counts, or those of several days added up."""

    counts: dict[Event, int] = field(default_factory=dict)
    times: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS_MS) + 1))

    def __getitem__(self, event: Event) -> int:
        return self.counts.get(event, 0)

    @property
    def saved(self) -> int:
        """Keys that accepting saved: characters less those taken back, less the keys for it."""
        gained = self[Event.ACCEPTED_CHARACTERS] - self[Event.TAKEN_BACK_CHARACTERS]
        return gained - self[Event.ACCEPTED] - self[Event.TAKEN_BACK]

    @property
    def savings(self) -> float:
        """The share of keys that was saved, as the replay of chats reckons it."""
        without = self[Event.TYPED] + self[Event.ACCEPTED] + self[Event.TAKEN_BACK] + self.saved
        return self.saved / without if without > 0 else 0.0

    @property
    def acceptance(self) -> float:
        """How many of the suggestions that were shown were taken, at least in part."""
        shown = self[Event.SHOWN]
        return min(1.0, self[Event.ACCEPTED] / shown) if shown else 0.0

    def percentile_ms(self, share: float) -> float:
        """The time within which this share of answers came; to the bucket. 0 without answers."""
        wanted, seen = share * sum(self.times), 0
        if not wanted:
            return 0.0
        for bound, count in zip((*BOUNDS_MS, BOUNDS_MS[-1] * 2), self.times, strict=True):
            seen += count
            if seen >= wanted:
                return float(bound)
        return 0.0

    def add(self, other: Day) -> None:
        """These counts, too."""
        for event, amount in other.counts.items():
            self.counts[event] = self[event] + amount
        self.times = [one + more for one, more in zip(self.times, other.times, strict=True)]


class Statistics:
    """All days. Not thread-safe; whoever owns it saves it now and then."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or statistics_path()
        self._days = _read(self.path)
        self._changed = False

    def count(self, event: Event, amount: int, today: datetime.date) -> None:
        """So many more of this."""
        day = self._day(today)
        day.counts[event] = day[event] + amount

    def took(self, milliseconds: float, today: datetime.date) -> None:
        """An answer took so long."""
        self._day(today).times[bisect.bisect_left(BOUNDS_MS, milliseconds)] += 1

    def days(self) -> Mapping[datetime.date, Day]:
        """What was counted, by day, oldest first."""
        return dict(sorted(self._days.items()))

    def total(self, since: datetime.date | None = None) -> Day:
        """All days, or those from one on, added up."""
        total = Day()
        for date, day in self._days.items():
            if since is None or date >= since:
                total.add(day)
        return total

    def clear(self) -> None:
        """Forgets everything, on disk too."""
        self._days = {}
        self._changed = False
        self.path.unlink(missing_ok=True)

    def save(self) -> None:
        """Writes what is new, in a file for this user alone; raises OSError."""
        if not self._changed:
            return
        newest = sorted(self._days)[-_KEPT_DAYS:]
        text = json.dumps({"days": {str(date): _to_json(self._days[date]) for date in newest}})
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=self.path.parent, prefix=".statistics-")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
            Path(name).replace(self.path)
        except BaseException:
            with suppress(OSError):
                Path(name).unlink()
            raise
        self._changed = False

    def _day(self, today: datetime.date) -> Day:
        self._changed = True
        return self._days.setdefault(today, Day())


def statistics_path() -> Path:
    """Where they lie: $XDG_DATA_HOME/quicktype/statistics.json."""
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "quicktype" / "statistics.json"


def _to_json(day: Day) -> dict[str, Any]:
    return {**{event.value: amount for event, amount in day.counts.items()}, "times": day.times}


def _read(path: Path) -> dict[datetime.date, Day]:
    """What was counted before; what cannot be read is not worth failing for."""
    try:
        days = json.loads(path.read_text(encoding="utf-8"))["days"].items()
        return {datetime.date.fromisoformat(date): _from_json(table) for date, table in days}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _from_json(table: Mapping[str, Any]) -> Day:
    counts = {event: _amount(table[event.value]) for event in Event if event.value in table}
    times: Iterable[Any] = table.get("times", ())
    found = [_amount(count) for count in times]
    return Day(counts, found) if len(found) == len(BOUNDS_MS) + 1 else Day(counts)


def _amount(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError
    return value
