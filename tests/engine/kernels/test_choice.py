"""Which instruction set is run with, and who says so."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from engine.kernels import choice, contest, library, making, shelf
from engine.kernels.choice import Choice, Decider, choose, known
from engine.kernels.library import KernelError
from engine.simd import isa as instruction_sets
from engine.simd.isa import Isa, IsaError, available

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

WIDE, NARROW = Isa.VNNI512, Isa.VNNI256


class Contest:
    """Stands in for the machine: its candidates, what each would take, what was asked of it."""

    def __init__(self) -> None:
        self.times: dict[str, object] = {WIDE: 3.0, NARROW: 2.0}
        self.prepared: list[tuple[Isa, ...]] = []
        self.runs = 0
        self.failure: str | None = None

    def prepare(self, isas: Sequence[Isa], notify: Callable[[str], None]) -> None:
        notify("compiling")
        self.prepared.append(tuple(isas))

    def run_child(self, module: str, isa: Isa, *arguments: str, purpose: str) -> bytes:
        assert module == contest.__name__
        assert arguments == (WIDE, NARROW)
        self.runs += 1
        if self.failure:
            raise KernelError(self.failure)
        return json.dumps(self.times).encode()


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Contest:
    """A machine with two candidates, on which nothing was measured yet."""
    stand_in = Contest()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.delenv("QUICKTYPE_ISA", raising=False)
    monkeypatch.setattr(instruction_sets, "available", lambda: (WIDE, NARROW, Isa.GENERIC))
    monkeypatch.setattr(library, "prepare", stand_in.prepare)
    monkeypatch.setattr(making, "run_child", stand_in.run_child)
    return stand_in


def test_the_faster_one_is_chosen_and_the_next_process_knows(machine: Contest) -> None:
    assert known() is None
    lines: list[str] = []
    expected = Choice(NARROW, Decider.MEASUREMENT, {WIDE: 3.0, NARROW: 2.0})
    assert choose(lines.append) == expected
    assert lines == ["compiling"]
    assert machine.prepared == [(WIDE, NARROW)]
    assert known() == choose(lines.append) == expected
    assert machine.runs == len(lines) == 1


def test_a_person_decides_against_the_measurement(
    machine: Contest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUICKTYPE_ISA", WIDE)
    assert choose() == Choice(WIDE, Decider.PERSON, {})
    assert not machine.prepared
    monkeypatch.delenv("QUICKTYPE_ISA")
    choose()
    monkeypatch.setenv("QUICKTYPE_ISA", "generic")
    assert choose() == Choice(Isa.GENERIC, Decider.PERSON, {WIDE: 3.0, NARROW: 2.0})
    monkeypatch.setenv("QUICKTYPE_ISA", "mmx")
    with pytest.raises(IsaError, match="mmx"):
        choose()


def test_with_one_candidate_nothing_is_measured(
    machine: Contest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(instruction_sets, "available", lambda: (Isa.AVX2, Isa.GENERIC))
    assert choose() == known() == Choice(Isa.AVX2, Decider.LACK, {})
    assert not machine.runs


def test_without_a_place_for_the_result_nothing_is_measured(
    machine: Contest, tmp_path: Path
) -> None:
    (tmp_path / "quicktype").write_text("no folder")
    assert choose() == Choice(WIDE, Decider.RANK, {})
    assert not machine.runs


def test_other_code_or_another_processor_is_measured_anew(
    machine: Contest, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose()
    monkeypatch.setattr(library, "key", lambda isa: f"another key for {isa}")
    assert known() is None


DAMAGED = {
    "no JSON": b"{",
    "no table": b"[1, 2]",
    "another candidate": b'{"vnni512": 1, "avx2": 2}',
    "one missing": b'{"vnni512": 1}',
    "no instruction set": b'{"vnni512": 1, "mmx": 2}',
    "no number": b'{"vnni512": 1, "vnni256": "fast"}',
    "not even finite": b'{"vnni512": 1, "vnni256": Infinity}',
    "negative": b'{"vnni512": 1, "vnni256": -1}',
    "nested": b'{"vnni512": 1, "vnni256": [1]}',
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED.keys())
def test_times_that_make_no_sense_are_measured_anew(machine: Contest, content: bytes) -> None:
    shelf.write(choice._name((WIDE, NARROW)), content)
    assert known() is None
    assert choose().isa is NARROW
    assert machine.runs == 1


def test_a_measurement_that_fails_leaves_the_usual_one(machine: Contest) -> None:
    machine.failure = "the engine could not be measured: no message"
    assert choose() == Choice(WIDE, Decider.RANK, {})
    machine.failure, machine.times = None, {WIDE: 1.0}
    assert choose() == Choice(WIDE, Decider.RANK, {})
    machine.times = {WIDE: 3.0, NARROW: 2.0}
    assert choose().isa is NARROW


def test_all_that_compete_take_some_time() -> None:
    """The real contest, short, among all that this machine has."""
    times = contest.compete(available()[:2], turns=1)
    assert times.keys() == set(available()[:2])
    assert all(time > 0 for time in times.values())
