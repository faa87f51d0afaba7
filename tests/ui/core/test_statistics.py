"""Counts per day, and nothing but counts."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.core.actions import Event
from ui.core.statistics import BOUNDS_MS, Day, Statistics

MONDAY = datetime.date(2026, 3, 2)
TUESDAY = datetime.date(2026, 3, 3)
BROKEN = '{"days": {"2026-03-02": {"typed": "a"}}}'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "quicktype" / "statistics.json"


def test_what_was_counted_is_there_after_a_restart(path: Path) -> None:
    statistics = Statistics(path)
    statistics.count(Event.TYPED, 10, MONDAY)
    statistics.count(Event.TYPED, 5, TUESDAY)
    statistics.count(Event.ACCEPTED, 1, TUESDAY)
    statistics.took(7.0, TUESDAY)
    statistics.save()
    again = Statistics(path)
    assert list(again.days()) == [MONDAY, TUESDAY]
    assert again.total()[Event.TYPED] == 15
    assert again.total(TUESDAY)[Event.TYPED] == 5
    assert again.total().percentile_ms(0.5) == 8
    assert path.stat().st_mode & 0o077 == 0


def test_the_file_holds_numbers_days_and_names_of_events_only(path: Path) -> None:
    statistics = Statistics(path)
    for event in Event:
        statistics.count(event, 3, MONDAY)
    statistics.save()
    days = json.loads(path.read_text())["days"]
    assert set(days["2026-03-02"]) == {event.value for event in Event} | {"times"}
    assert all(isinstance(days["2026-03-02"][event.value], int) for event in Event)


def test_what_is_saved_is_reckoned_as_in_the_replay() -> None:
    day = Day({Event.TYPED: 60, Event.ACCEPTED: 5, Event.ACCEPTED_CHARACTERS: 40})
    assert day.saved == 35
    assert day.savings == pytest.approx(35 / 100)
    day.counts |= {Event.TAKEN_BACK: 1, Event.TAKEN_BACK_CHARACTERS: 10}
    assert day.saved == 24
    assert Day().savings == Day().acceptance == 0.0


def test_acceptance_is_of_what_was_shown() -> None:
    assert Day({Event.SHOWN: 8, Event.ACCEPTED: 2}).acceptance == 0.25


@given(times=st.lists(st.floats(0.01, 900), min_size=1, max_size=50))
def test_percentiles_are_right_to_the_bucket(times: list[float]) -> None:
    statistics = Statistics(Path("/nonexistent/statistics.json"))
    for time in times:
        statistics.took(time, MONDAY)
    median = sorted(times)[(len(times) - 1) // 2]
    found = statistics.total().percentile_ms(0.5)
    assert median <= found
    assert max((bound for bound in BOUNDS_MS if bound < found), default=0) < median or found == min(
        bound for bound in BOUNDS_MS if bound >= median
    )


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", '{"days": 3}', '{"days": {"x": {}}}', BROKEN],
)
def test_a_broken_file_is_begun_anew(path: Path, content: str) -> None:
    path.parent.mkdir()
    path.write_text(content)
    assert Statistics(path).days() == {}


def test_nothing_is_written_when_nothing_happened_and_clearing_takes_the_file(path: Path) -> None:
    statistics = Statistics(path)
    statistics.save()
    assert not path.exists()
    statistics.count(Event.SHOWN, 1, MONDAY)
    statistics.save()
    statistics.clear()
    assert not path.exists()
    assert statistics.days() == {}
