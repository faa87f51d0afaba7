"""llama2.c's programs decode our weights for the benchmark."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from engine import checkpoint
from quicktype.bench import peers
from quicktype.model_files import find_model


@pytest.mark.parametrize(
    ("program", "name"), [("run", "run-10000 float32"), ("runq", "runq-10000 int8")]
)
def test_both_programs_find_their_format(
    program: str, name: str, llama2c: Callable[[str, float], Path]
) -> None:
    shipped = checkpoint.load(find_model(None))
    with peers.opened([str(llama2c(program, 10_000.0))], shipped) as (peer,):
        assert peer.name == f"llama2.c {name}"
        (seconds,) = peer.turn("decode", 1)
        assert 0 < seconds < 1
        assert peer.turn("request", 1) == []
