"""The engine under the doctor's eyes: good machines, odd settings, broken files."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine import checkpoint
from engine.kernels import choice, library, shelf
from engine.kernels.choice import Choice, Decider
from engine.kernels.library import KernelError
from engine.simd import cpu
from engine.simd.isa import Isa
from quicktype.bench import start
from quicktype.doctor import machine
from quicktype.doctor.check import State
from tests.support.tiny_model import tiny_checkpoint

WIDE, NARROW = Isa.VNNI512, Isa.VNNI256
TIMES = {WIDE: 3.0, NARROW: 2.0}


@pytest.fixture
def chosen(monkeypatch: pytest.MonkeyPatch) -> list[Choice]:
    """The machine's choice; the last one counts."""
    found = [Choice(NARROW, Decider.MEASUREMENT, TIMES)]
    monkeypatch.setattr(choice, "choose", lambda _notify: found[-1])
    monkeypatch.setattr(library, "load", lambda _isa, _notify: None)
    monkeypatch.setattr(cpu, "on_x86", lambda: True)
    monkeypatch.setattr("engine.simd.isa.candidates", lambda: (WIDE, NARROW))
    return found


@pytest.mark.usefixtures("chosen")
def test_the_choice_is_shown_with_its_times() -> None:
    check = machine.engine(print)
    assert check.state is State.OK
    assert check.found == "vnni256, chosen by measurement (vnni512 3.00 ms, vnni256 2.00 ms)"
    assert check.facts["times_ms"] == {"vnni512": 3.0, "vnni256": 2.0}
    assert check.facts["threads"] == "1"


@pytest.mark.usefixtures("chosen")
def test_threads_that_the_environment_asks_for_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUICKTYPE_THREADS", "2")
    assert machine.engine(print).found.endswith("; QUICKTYPE_THREADS asks for 2 threads")


def test_a_person_who_forces_the_slower_one_is_told(chosen: list[Choice]) -> None:
    chosen.append(Choice(WIDE, Decider.PERSON, TIMES))
    check = machine.engine(print)
    assert check.state is State.WARN
    assert check.found.endswith("; vnni256 is faster here")
    assert check.remedy == "unset QUICKTYPE_ISA"
    chosen.append(Choice(NARROW, Decider.PERSON, TIMES))
    assert machine.engine(print).state is State.OK


def test_a_very_old_processor_is_a_warning(chosen: list[Choice]) -> None:
    chosen.append(Choice(Isa.GENERIC, Decider.LACK, {}))
    check = machine.engine(print)
    assert check.state is State.WARN
    assert "no AVX2" in check.found


def test_an_unknown_instruction_set_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUICKTYPE_ISA", "mmx")
    check = machine.engine(print)
    assert check.state is State.FAIL
    assert check.remedy == "unset QUICKTYPE_ISA"


@pytest.mark.usefixtures("chosen")
def test_an_engine_that_cannot_be_compiled_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(_isa: Isa, _notify: object) -> None:
        raise KernelError("the engine could not be compiled for vnni256: no message")

    monkeypatch.setattr(library, "load", load)
    check = machine.engine(print)
    assert check.state is State.FAIL
    assert "could not be compiled" in check.found


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of compiled code, empty."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.setattr(choice, "known", lambda: Choice(NARROW, Decider.MEASUREMENT, TIMES))
    monkeypatch.setattr(library, "_file_name", lambda isa: f"kernels-{isa}")
    return tmp_path / "quicktype"


def test_kept_code_is_fine(cache: Path) -> None:
    assert machine.compiled_code(print).found == "the engine is not compiled yet"
    shelf.write("kernels-vnni256.so", b"code")
    check = machine.compiled_code(print)
    assert check.state is State.OK
    assert check.facts == {"path": str(cache / "kernels-vnni256.so"), "folder_bytes": 36}


def test_a_folder_open_to_others_is_mended_with_chmod(cache: Path) -> None:
    cache.mkdir()
    cache.chmod(0o777)
    shelf.write("kernels-vnni256.so", b"code")
    check = machine.compiled_code(print)
    assert check.state is State.WARN
    assert "until logging out" in check.found
    assert check.remedy == f"chmod 700 {cache}"


def test_a_file_in_the_place_of_the_folder_is_moved_away(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    cache.write_text("no folder")
    check = machine.compiled_code(print)
    assert check.state is State.WARN
    assert "each process compiles for itself" in check.found
    assert check.remedy == f"mv {cache} {cache}.old"


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "tiny.safetensors"
    checkpoint.save(path, tiny_checkpoint())
    monkeypatch.setenv("QUICKTYPE_MODEL", str(path))
    return path


def test_whole_weights_are_fine(tiny: Path) -> None:
    check = machine.weights(print)
    assert check.state is State.OK
    assert check.found.startswith("tiny, ")
    assert check.found.endswith(f"checksum right: {tiny}")


def test_damaged_weights_are_a_failure(tiny: Path) -> None:
    content = bytearray(tiny.read_bytes())
    content[-1] ^= 1
    tiny.write_bytes(content)
    check = machine.weights(print)
    assert check.state is State.FAIL
    assert "checksum is wrong" in check.found
    assert check.remedy == "unset QUICKTYPE_MODEL"


def test_missing_weights_are_a_failure(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny.unlink()
    assert machine.weights(print).state is State.FAIL
    monkeypatch.delenv("QUICKTYPE_MODEL")
    monkeypatch.setattr("quicktype.model_files.SHIPPED", tiny.parent)
    check = machine.weights(print)
    assert check.state is State.FAIL
    assert check.remedy is not None
    assert "unset" not in check.remedy


@pytest.mark.parametrize(
    ("seconds", "memory_mb", "state"),
    [(0.1, 40.0, State.OK), (3.0, 40.0, State.WARN), (0.1, 400.0, State.WARN)],
)
@pytest.mark.usefixtures("tiny")
def test_a_slow_or_large_process_is_a_warning(
    monkeypatch: pytest.MonkeyPatch, seconds: float, memory_mb: float, state: State
) -> None:
    monkeypatch.setattr(start, "measure", lambda *_: start.Started(seconds, memory_mb))
    check = machine.new_process(print)
    assert check.state is state
    assert f"{memory_mb:.0f} MB" in check.found
    assert check.facts == {"start_s": seconds, "memory_mb": memory_mb}


def test_a_process_that_cannot_start_is_a_failure(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny.write_bytes(b"no weights")
    check = machine.new_process(print)
    assert check.state is State.FAIL
    assert "could not be started" in check.found
