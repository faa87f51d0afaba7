"""`quicktype bench`: a table for people, an object for programs, a line for what went wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from click.testing import CliRunner

from quicktype import bench
from quicktype.bench import PeerResult, Result
from quicktype.bench import peers as bench_peers
from quicktype.cli.bench import bench as bench_command
from ui.bench import measure
from ui.bench.result import DesktopResult, Reactions, Times

RESULT = Result(
    model="some weights", isa="vnni256", isa_decider="measurement",
    isa_times_ms={"vnni512": 2.0, "vnni256": 1.5}, threads=1, decode_threads=1,
    weights_mb=7.6, decode_us=75.0, branch4_us=149.0, prefill_ms=3.1, request_ms=1.31,
    request_p95_ms=1.5, request_p99_ms=2.25, read_gb_s=100.0, floor_share=0.78,
    start_s=0.15, memory_mb=62.0,
    peers=(
        PeerResult("llama.cpp Q8_0", 4.9, 3.7, 8.8, 9.6),
        PeerResult("llama2.c run float32", 9.9, None, None, None),
    ),
)  # fmt: skip
LOST = replace(RESULT, peers=(), lost=("llama.cpp Q8_0 died",))


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[Result]:
    """What the benchmark is going to find."""
    found = [RESULT]

    def run(*arguments: Any, **options: Any) -> Result:
        return found[-1]

    monkeypatch.setattr(bench, "run", run)
    monkeypatch.setattr(bench_peers, "choose", lambda _asked: [])
    return found


@pytest.mark.usefixtures("measured")
def test_for_people_there_are_two_tables() -> None:
    shown = CliRunner().invoke(bench_command, [], catch_exceptions=False).stdout
    lines = [" ".join(line.split()) for line in shown.splitlines()]
    assert "│ decode, one token │ 75 µs │" in lines
    assert "│ request, p95 and p99 │ 1.50 ms, 2.25 ms │" in lines
    assert "│ decode's share of that floor │ 78% │" in lines
    assert "│ instruction set │ vnni256 │" in lines
    assert "│ chosen by measurement │ vnni512 2.00 ms, vnni256 1.50 ms │" in lines
    assert "│ llama.cpp Q8_0 │ 4.90x │ 3.70x │ 8.80x │ 9.60x │" in lines
    assert "│ llama2.c run float32 │ 9.90x │ - │ - │ - │" in lines


@pytest.mark.usefixtures("measured")
def test_for_programs_there_is_one_object() -> None:
    shown = CliRunner().invoke(bench_command, ["--json"], catch_exceptions=False).stdout
    found = json.loads(shown)
    assert found["decode_us"] == 75.0
    assert found["peers"][1] == {
        "name": "llama2.c run float32",
        "decode_ratio": 9.9,
        "prefill_ratio": None,
        "branch4_ratio": None,
        "request_ratio": None,
    }


def test_a_lost_peer_fails_the_command_only_if_it_was_asked_for(measured: list[Result]) -> None:
    measured.append(LOST)
    unasked = CliRunner().invoke(bench_command, [])
    asked = CliRunner().invoke(bench_command, ["--peer", "llama.cpp"])
    assert unasked.stderr.splitlines()[-1] == "quicktype: left out: llama.cpp Q8_0 died"
    assert "75 µs" in asked.stdout
    assert (unasked.exit_code, asked.exit_code) == (0, 1)


def test_threads_are_those_of_ours_and_of_all_peers(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, int] = {}

    @contextmanager
    def opened(_names: Any, _weights: Any, threads: int, _progress: Any) -> Iterator[list[Any]]:
        asked["peers"] = threads
        yield []

    def run(*_arguments: Any, peers: list[Any], threads: int) -> Result:
        asked["ours"] = threads
        return replace(RESULT, threads=threads)

    monkeypatch.setattr(bench, "run", run)
    monkeypatch.setattr(bench_peers, "opened", opened)
    shown = CliRunner().invoke(bench_command, ["--threads", "3"], catch_exceptions=False).stdout
    assert asked == {"peers": 3, "ours": 3}
    assert "3 threads for prompts" in shown
    assert "memory read, one thread" in shown


@pytest.mark.usefixtures("measured")
def test_threads_that_share_a_decode_read_memory_together(measured: list[Result]) -> None:
    measured.append(replace(RESULT, threads=2, decode_threads=2))
    shown = CliRunner().invoke(bench_command, ["--threads", "2"], catch_exceptions=False).stdout
    assert "for prompts" not in shown
    assert "memory read, 2 threads" in shown


def test_the_desktops_times_are_a_table_or_an_object(monkeypatch: pytest.MonkeyPatch) -> None:
    times = Times(40, 7.25, 14.5)
    none = Times(0, None, None)
    result = DesktopResult(Reactions(200, times, times, none), None, 81.2, 0.0)
    monkeypatch.setattr(measure, "run", lambda progress: result)
    shown = CliRunner().invoke(bench_command, ["--desktop"], catch_exceptions=False).stdout
    lines = [" ".join(line.split()) for line in shown.splitlines()]
    assert "│ Qt │ 200 │ 40 │ 7.2 │ 14.5 │ 7.2, 14.5 │ -, - │" in lines
    assert "Chromium" not in shown
    assert "81 MB" in shown
    said = CliRunner().invoke(bench_command, ["--desktop", "--json"], catch_exceptions=False).stdout
    found = json.loads(said)
    assert found["qt"]["asked"]["p95_ms"] == 14.5
    assert found["chromium"] is None


def test_without_a_desktop_the_way_to_one_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    done = CliRunner().invoke(bench_command, ["--desktop"])
    assert done.exit_code == 1
    assert "desktop" in done.stderr
