"""How many threads compute is asked for by an option or by the environment."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from engine import checkpoint
from engine.kernels.plan import Plan
from engine.model import Model
from engine.team import Team
from quicktype.cli.generate import generate
from tests.support.tiny_model import tiny_checkpoint


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr("engine.session.SHARED_BYTES", 0)
    path = tmp_path / "tiny.safetensors"
    checkpoint.save(path, tiny_checkpoint())
    return str(path)


@pytest.fixture
def teams(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many threads each team has that was made."""
    made: list[int] = []

    class Counted(Team):
        def __init__(self, model: Model, plan: Plan, threads: int, buffers: object) -> None:
            made.append(threads)
            super().__init__(model, plan, threads, buffers)

    monkeypatch.setattr("engine.session.Team", Counted)
    return made


def write(weights: str, *arguments: str, **environment: str) -> Result:
    words = ["--model", weights, "--prompt", "see you", "-n", "12", "--temperature", "0"]
    return CliRunner(env=environment).invoke(generate, [*words, *arguments])


def test_the_text_is_the_same_by_any_number_of_threads(weights: str, teams: list[int]) -> None:
    alone = write(weights)
    assert alone.exit_code == 0
    assert write(weights, "--threads", "3").stdout == alone.stdout
    assert write(weights, QUICKTYPE_THREADS="2").stdout == alone.stdout
    assert write(weights, "--threads", "1", QUICKTYPE_THREADS="2").stdout == alone.stdout
    assert teams == [3, 2]


@pytest.mark.parametrize("count", ["0", "many"])
def test_no_number_of_threads_is_wrong_usage(weights: str, count: str) -> None:
    assert write(weights, QUICKTYPE_THREADS=count).exit_code == 2
