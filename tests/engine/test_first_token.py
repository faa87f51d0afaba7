"""The program that shows what a new process takes."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from engine import checkpoint
from engine.first_token import peak_memory_mb
from engine.model import Model
from tests.support.tiny_model import tiny_checkpoint

if TYPE_CHECKING:
    from pathlib import Path


def test_memory_is_this_processs_own() -> None:
    before = peak_memory_mb()
    held = bytearray(b"x") * (64 << 20)
    assert peak_memory_mb() >= before
    assert peak_memory_mb() > len(held) / 2**20


def test_a_new_process_reads_a_token_and_says_what_it_held(tmp_path: Path) -> None:
    path = tmp_path / "tiny.safetensors"
    checkpoint.save(path, tiny_checkpoint())
    Model(checkpoint.load(path))  # the engine is compiled by then
    command = [sys.executable, "-P", "-m", "engine.first_token", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert 10 < float(done.stdout) < 150
    assert done.stderr == ""
