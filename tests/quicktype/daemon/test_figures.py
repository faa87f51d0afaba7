"""What the daemon says about itself."""

from __future__ import annotations

import os

import pytest

from quicktype.daemon.figures import Figures, resident_mb
from quicktype.protocol import Latency
from tests.support.fake_daemon import ThreadedDaemon


def test_percentiles_are_those_of_the_newest_thousand() -> None:
    figures = Figures()
    for total in (*[1e9] * 500, *range(1000, 0, -1)):
        figures.answered(total)
    assert figures.report("m", None).latency_ms == Latency(500, 950, 990)


def test_of_one_request_all_are_its_time() -> None:
    figures = Figures()
    assert figures.report("m", None).latency_ms == Latency(0, 0, 0)
    figures.answered(3)
    assert figures.report("m", None).latency_ms == Latency(3, 3, 3)


def test_memory_is_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    measured = resident_mb()
    assert 1 < measured < 100_000
    monkeypatch.setattr("quicktype.daemon.figures.Path.exists", lambda _: False)
    assert 1 < resident_mb() < 100_000


def test_requests_are_counted_and_only_finished_ones_measured(daemon: ThreadedDaemon) -> None:
    with daemon.peer() as peer:
        peer.say("status", id="s")
        report = peer.hear()
        assert report["latency_ms"] == {"p50": 0, "p95": 0, "p99": 0}
        assert report["requests"] == 0
        peer.complete(1, "see you tom")
        total = peer.last_word(1)["timing"]["total_ms"]
        peer.complete(2, "see you tom", limits={"deadline_ms": 0})
        peer.last_word(2)
        peer.say("status", id="s")
        report = peer.hear()
    assert report["requests"] == 2
    assert report["latency_ms"] == {"p50": total, "p95": total, "p99": total}
    assert report["pid"] == os.getpid()
    assert report["model"] == "fake"
    assert report["learning"] is False
