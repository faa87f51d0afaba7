"""The benchmark of the desktop measures what it says, on a desktop that is there."""

from __future__ import annotations

from tests.desktop.harness.desktop import Desktop
from ui.bench.measure import run

MAX_MEMORY_MB = 90


def test_from_a_key_to_the_ghost_in_qt_and_in_chromium(desktop: Desktop) -> None:
    told: list[str] = []
    line = "see you tomorrow then"
    result = run(told.append, (line,))
    for found in (result.qt, result.chromium):
        assert found is not None
        assert found.keys == len(line)
        assert 1 <= found.all.shown == found.asked.shown + found.along.shown <= found.keys
        assert found.along.shown >= 1
        assert found.all.p50_ms is not None
        assert found.all.p95_ms is not None
        assert 0 < found.all.p50_ms <= found.all.p95_ms
    assert 20 < result.memory_mb <= MAX_MEMORY_MB
    assert told[0] == "starting daemon and tray"
