"""Our weights in llama2.c."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine import formats
from engine.checkpoint import Checkpoint, load
from engine.model import Model
from quicktype.model_files import find_model
from tests.peers.greedy import NEAR, greedy
from tests.support.engine_models import checkpoint_of
from tests.support.foreign_models import SMALL, weights_of, write_llama2c
from tests.support.tiny_model import tiny_tokenizer

PROMPTS = (
    "are you coming to dinner tomorrow",
    "I saw the film last night, and",
    "The train was late again, so",
    "Let me know when you",
)
SIMPLE = (
    "how about seven",
    "see you tomorrow",
    "are we still on for dinner",
    "great thanks I will bring the wine",
)
"""Of pieces that are in the tiny vocabulary: llama2.c expects the others' bytes elsewhere."""
BEGIN = 1
"""llama2.c begins with this token, and stops when the model says it."""
COUNT = 100
FEW = 12
"""Tokens of a model that was never trained: many of its choices are near ties."""
PROGRAMS = {"run": 0, "runq": 2}


@pytest.mark.parametrize("program", PROGRAMS)
def test_our_weights_say_the_same_in_llama2c(
    tmp_path: Path, llama2c: Callable[[str, float], Path], program: str
) -> None:
    """But for llama2.c's built-in base of RoPE, which is not that of our weights."""
    checkpoint = load(find_model(None))
    formats.write_llama2c(tmp_path / "m.bin", checkpoint, PROGRAMS[program])
    executable = llama2c(program, checkpoint.config.rope_theta)
    _compare(executable, tmp_path / "m.bin", checkpoint, PROMPTS, COUNT)


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_small_model_says_the_same_in_llama2c_as_it_is(
    tmp_path: Path, llama2c: Callable[[str, float], Path], program: str
) -> None:
    config = replace(SMALL, context=256, tied=False)
    checkpoint = replace(
        checkpoint_of(config, weights_of(config, seed=7)), tokenizer=tiny_tokenizer()
    )
    formats.write_llama2c(tmp_path / "m.bin", checkpoint, PROGRAMS[program])
    _compare(llama2c(program, 10_000.0), tmp_path / "m.bin", checkpoint, SIMPLE, FEW)


@pytest.mark.parametrize("version", [0, 2])
def test_a_file_of_llama2cs_says_the_same_in_our_engine(
    tmp_path: Path, llama2c: Callable[[str, float], Path], version: int
) -> None:
    config = replace(SMALL, context=256, tied=False)
    path = write_llama2c(tmp_path / "m.bin", config, weights_of(config, seed=7), version)
    formats.save(
        tmp_path / "m.safetensors", formats.read(path), name="m", template={}, card={}, context=256
    )
    program = "runq" if version else "run"
    _compare(llama2c(program, 10_000.0), path, load(tmp_path / "m.safetensors"), SIMPLE, FEW)


def _compare(
    executable: Path, weights: Path, checkpoint: Checkpoint, prompts: Sequence[str], count: int
) -> None:
    """The same text after every prompt, up to the first near tie."""
    model = Model(checkpoint)
    same, near = 0, 0
    for prompt in prompts:
        head = [BEGIN, *model.tokenizer.encode(prompt)]
        ours = greedy(model, head, count)
        end = ours.tokens.index(BEGIN) if BEGIN in ours.tokens else count
        said = [_shown(model, token) for token in (*head[1:], *ours.tokens[:end])]
        theirs = _generated(executable, weights, prompt, len(head) - 1 + count)
        expected = b"".join(said).removeprefix(b" ")
        if theirs == expected:
            same += 1
            continue
        pairs = enumerate(zip(theirs, expected, strict=False))
        place = next((n for n, (a, b) in pairs if a != b), min(len(theirs), len(expected)))
        last = _token_at(said, place + 1)
        first = last
        while first >= len(head) and not said[first - 1]:
            first -= 1  # they may have parted at tokens that cannot be seen
        lead = min(ours.leads[first - len(head) + 1 : last - len(head) + 2], default=np.inf)
        assert lead < NEAR, (prompt, lead, theirs, expected)
        near += 1
    print(f"{executable.name}: {same} texts of {count} tokens are the same, {near} part at a tie")
    assert same > 0


def _shown(model: Model, token: int) -> bytes:
    """A token as llama2.c prints it: markers by their names, bytes only if they are printable."""
    names = {number: name for name, number in model.tokenizer.markers.items()}
    piece = model.tokenizer.pieces[token]
    if token in names:
        return names[token].encode()
    unprintable = len(piece) == 1 and not (32 <= piece[0] < 127 or piece.isspace())
    return b"" if unprintable else piece


def _token_at(said: list[bytes], place: int) -> int:
    """The number of the token in whose text the byte at `place` lies."""
    for number, text in enumerate(said):
        place -= len(text)
        if place < 0:
            return number
    return len(said) - 1


def _generated(executable: Path, weights: Path, prompt: str, steps: int) -> bytes:
    tokenizer = weights.with_name("tokenizer.bin")
    command = [executable, weights, "-t", "0", "-n", str(steps), "-i", prompt, "-z", tokenizer]
    made = subprocess.run(list(map(str, command)), check=True, capture_output=True)
    return made.stdout.removesuffix(b"\n")
