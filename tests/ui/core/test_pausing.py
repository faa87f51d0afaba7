"""Pauses end by themselves, and outlive a restart."""

from __future__ import annotations

import datetime
import math
from pathlib import Path

import pytest

from ui.core.pausing import Pause, tomorrow


def test_a_pause_holds_until_its_time_and_over_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "state" / "pause.json"
    assert not Pause(path).holds(0.0)
    Pause(path).set(1000.0)
    assert Pause(path).holds(999.0)
    assert not Pause(path).holds(1000.0)
    Pause(path).set(math.inf)
    assert Pause(path).holds(1e12)
    Pause(path).set(0.0)
    assert not Pause(path).holds(1.0)


@pytest.mark.parametrize("content", ["", "[]", '{"until": null}', "{}"])
def test_a_broken_file_is_no_pause(tmp_path: Path, content: str) -> None:
    path = tmp_path / "pause.json"
    path.write_text(content)
    assert not Pause(path).holds(1.0)


@pytest.mark.parametrize(("hour", "days"), [(23, 1), (12, 1), (5, 1), (3, 0)])
def test_tomorrow_begins_when_the_night_is_over(hour: int, days: int) -> None:
    now = datetime.datetime(2026, 3, 2, hour).astimezone()
    then = datetime.datetime.fromtimestamp(tomorrow(now.timestamp())).astimezone()
    assert (then.date() - now.date()).days == days
    assert then.hour == 4
