"""llama.cpp, as the benchmark drives it, does the very work that our engine does."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from engine import checkpoint
from engine.checkpoint import Checkpoint
from engine.formats import write_gguf
from engine.model import Model
from engine.session import Session
from quicktype.bench import peers, work
from quicktype.bench.ours import Ours
from quicktype.bench.peers import llama_cpp
from quicktype.bench.peers.child import Child
from quicktype.model_files import find_model

TEXT = "Are we still on for dinner tomorrow? I could bring the wine, and maybe some"


@pytest.fixture(scope="module")
def shipped() -> Checkpoint:
    """The weights that come with quicktype."""
    return checkpoint.load(find_model(None))


@pytest.fixture(scope="module")
def gguf(shipped: Checkpoint, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("peer") / "shipped.gguf"
    write_gguf(path, shipped, "q8_0")
    return path


@pytest.fixture(scope="module")
def ours(shipped: Checkpoint) -> Ours:
    return Ours(Session(Model(shipped)))


def cosines(left: Iterable[NDArray[np.float32]], right: Iterable[NDArray[np.float32]]) -> float:
    """The smallest cosine between logits, centred, of two readers."""
    pairs = [(a - a.mean(), b - b.mean()) for a, b in zip(left, right, strict=True)]
    return min(float(a @ b / np.linalg.norm(a) / np.linalg.norm(b)) for a, b in pairs)


@pytest.mark.parametrize("settings", [llama_cpp.DEFAULT_SETTINGS, *llama_cpp.TRIED])
def test_every_setting_expects_what_our_engine_expects(
    settings: llama_cpp.Settings, gguf: Path, ours: Ours, shipped: Checkpoint
) -> None:
    text = Model(shipped).tokenizer.encode(TEXT)
    theirs = llama_cpp.Reader(llama_cpp.LlamaCpp(str(gguf)), 1, settings)
    assert theirs.vocab == ours.vocab
    for tokens in (text, text[:9], [*text[:9], *text[3:7]]):
        expected = ours.read(tokens)
        assert cosines([expected], [theirs.read(tokens)]) > 0.999
        best = np.argsort(expected)[-4:].tolist()
        assert cosines(ours.branch(best), theirs.branch(best)) > 0.999
        for step in (text[:4], text[4:8]):
            assert cosines(ours.extend(step), theirs.extend(step)) > 0.999


def test_the_children_serve_every_work(gguf: Path) -> None:
    for settings in (llama_cpp.DEFAULT, llama_cpp.TUNED):
        child = Child("llama.cpp", llama_cpp.__name__, [str(gguf), "1", settings])
        for name in work.WORKS:
            assert all(seconds > 0 for seconds in child.turn(name, 1))
        child.close()


def test_a_file_that_is_no_model_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "no.gguf").write_bytes(b"GGUF and nothing else")
    with pytest.raises(peers.PeerError, match=r"^llama.cpp: llama.cpp cannot load the file: .+$"):
        Child("llama.cpp", llama_cpp.__name__, [str(tmp_path / "no.gguf"), "1", llama_cpp.DEFAULT])


def test_the_command_compares() -> None:
    command = [sys.executable, "-P", "-m", "quicktype.cli", "bench", "--json"]
    done = subprocess.run(
        [*command, "--peer", "llama.cpp"], capture_output=True, text=True, check=True
    )
    found = json.loads(done.stdout)
    assert [peer["name"] for peer in found["peers"]] == [
        "llama.cpp Q8_0",
        "llama.cpp Q8_0, tuned",
        "llama.cpp Q4_0",
        "llama.cpp Q4_0, tuned",
    ]
    for peer in found["peers"]:
        assert all(peer[f"{name}_ratio"] > 0 for name in work.WORKS)
