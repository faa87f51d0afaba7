"""Peers in processes of their own: how they work, and what is said when they do not."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

import pytest

from quicktype.bench import peers
from quicktype.bench.peers import llama_cpp
from quicktype.bench.peers.child import Child
from quicktype.bench.work import WORKS
from tests.support.children import ROOT
from tests.support.tiny_model import tiny_checkpoint

STAND_INS = ROOT / "tests" / "support" / "stand_ins"


def fake(habit: str) -> Child:
    return Child("fake", "tests.support.fake_peer", [habit])


@pytest.fixture(autouse=True)
def _children_find_the_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The names of the modules that can be found."""
    names: set[str] = set()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name in names or None)
    return names


def test_a_child_does_turn_after_turn() -> None:
    child = fake("steady")
    assert child.turn("decode", 1) == [0.1, 0.1]
    assert child.turn("request", 2) == [0.1, 0.1]
    child.close()


def test_a_child_that_crashes_leaves_its_last_words() -> None:
    child = fake("crash")
    with pytest.raises(peers.PeerError, match=r"^fake died \(signal 9\): last words$"):
        child.turn("decode", 1)
    child.close()


def test_a_child_that_fails_says_why() -> None:
    child = fake("refuse")
    with pytest.raises(peers.PeerError, match=r"^fake: prefill is too much$"):
        child.turn("prefill", 1)
    child.close()


def test_a_child_that_does_not_come_up_says_why() -> None:
    with pytest.raises(peers.PeerError, match=r"^fake: it is not at home$"):
        fake("absent")


def test_a_child_without_a_program_is_one_line() -> None:
    with pytest.raises(peers.PeerError, match=r"^lost died .exit code 1.: .*no_such_module"):
        Child("lost", "tests.support.no_such_module", [])


def test_by_default_peers_are_what_is_installed(installed: set[str]) -> None:
    assert peers.choose([]) == []
    installed.add("llama_cpp")
    assert peers.choose([]) == ["llama.cpp"]
    assert peers.choose(["none"]) == []
    assert peers.choose(["llama.cpp", "llama.cpp"]) == ["llama.cpp"]


def test_a_missing_peer_says_how_to_get_it(installed: set[str]) -> None:
    with pytest.raises(peers.PeerError, match="pip install llama-cpp-python"):
        peers.choose(["llama.cpp"])
    with pytest.raises(peers.PeerError, match=r"no peer /no/run: say llama\.cpp"):
        peers.choose(["/no/run"])


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Children import a stand-in for llama.cpp, whether the real one is installed or not."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(STAND_INS), str(ROOT)]))


@pytest.mark.usefixtures("stand_in")
def test_llama_cpp_comes_in_two_formats_and_two_settings() -> None:
    with peers.opened(["llama.cpp"], tiny_checkpoint()) as opened:
        assert [peer.name for peer in opened] == [
            "llama.cpp Q8_0",
            "llama.cpp Q8_0, tuned",
            "llama.cpp Q4_0",
            "llama.cpp Q4_0, tuned",
        ]
        for peer in opened:
            for name in WORKS:
                assert all(seconds > 0 for seconds in peer.turn(name, 1))


def llama2c(folder: Path, magic: str, rate: str = "125.0") -> Path:
    """A stand-in for llama2.c's run, or with a magic number for runq: it looks at its files."""
    program = folder / ("runq" if magic else "run")
    program.write_text(
        f"""#!/bin/sh
test -s "$3" || exit 9
magic=$(head -c 4 "$1")
if [ -n "{magic}" ] && [ "$magic" != "{magic}" ]; then echo "Bad magic number" >&2; exit 1; fi
if [ "$7" -gt 100 ] && [ "$7 $OMP_NUM_THREADS" != "216 1" ]; then exit 8; fi
echo "achieved tok/s: {rate}" >&2
"""
    )
    program.chmod(0o700)
    return program


@pytest.mark.parametrize(("magic", "name"), [("", "run float32"), ("24ka", "runq int8")])
def test_llama2c_decodes_what_it_can_read(magic: str, name: str, tmp_path: Path) -> None:
    program = llama2c(tmp_path, magic)
    with peers.opened([str(program)], tiny_checkpoint()) as opened:
        (peer,) = opened
        assert peer.name == f"llama2.c {name}"
        assert peer.turn("decode", 1) == [1 / 125]
        assert peer.turn("prefill", 1) == []


@pytest.mark.parametrize("rate", ["0.0", "inf"])
def test_llama2c_without_a_rate_is_one_line(rate: str, tmp_path: Path) -> None:
    program = llama2c(tmp_path, "", rate)
    refused = pytest.raises(peers.PeerError, match=r"run float32 gave no rate \(exit code 0\)")
    with peers.opened([str(program)], tiny_checkpoint()) as (peer,), refused:
        peer.turn("decode", 1)


def test_what_is_no_program_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("no program")
    refused = pytest.raises(peers.PeerError, match="notes cannot be started: ")
    with peers.opened([str(tmp_path / "notes")], tiny_checkpoint()) as (peer,), refused:
        peer.turn("decode", 1)


@pytest.mark.usefixtures("stand_in")
def test_a_file_that_llama_cpp_refuses_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "no.gguf"
    path.write_bytes(b"something else")
    with pytest.raises(peers.PeerError, match=r"^x: llama.cpp cannot load the file: bad magic$"):
        Child("x", llama_cpp.__name__, [str(path), "1", llama_cpp.DEFAULT])


def test_llama_cpp_reads_branches_and_extends(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.syspath_prepend(str(STAND_INS))
    monkeypatch.delitem(sys.modules, "llama_cpp", raising=False)
    path = tmp_path / "any.gguf"
    path.write_bytes(b"GGUF")
    reader = llama_cpp.Reader(llama_cpp.LlamaCpp(str(path)), 1, llama_cpp.Settings(-1, 1))
    assert int(reader.read([1, 2, 3]).argmax()) == 6
    assert [int(row.argmax()) for row in reader.branch([10, 20])] == [16, 26]
    assert [int(row.argmax()) for row in reader.extend([100, 200])] == [116, 226]
    assert int(reader.read([1, 2, 3]).argmax()) == 6
    assert int(reader.read([1, 2, 30, 4]).argmax()) == 37
    assert [int(row.argmax()) for row in reader.branch([1, 2, 3, 4])] == [38, 39, 40, 41]
    del sys.modules["llama_cpp"]
