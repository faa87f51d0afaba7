"""The benchmark's figures are of the right things; how large they are is not tested."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from engine import checkpoint
from quicktype import bench
from quicktype.bench import start
from quicktype.bench.shape import SHAPE, random_checkpoint
from tests.support.tiny_model import tiny_checkpoint


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bench") / "tiny.safetensors"
    checkpoint.save(path, tiny_checkpoint())
    return path


@pytest.mark.parametrize("threads", [1, 2])
def test_all_figures_come_out_as_json(
    weights: Path, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.session.SHARED_BYTES", 0)
    stages: list[str] = []
    loaded = checkpoint.load(weights)
    result = bench.run(loaded, weights, stages.append, threads=threads, seconds=0.1)
    assert (result.threads, result.decode_threads) == (threads, threads)
    assert "a new process" in stages
    figures = json.loads(json.dumps(result.to_json()))
    assert figures.pop("model") == "tiny"
    assert figures.pop("isa")
    assert figures.pop("peers") == []
    assert figures.pop("lost") == []
    assert figures.pop("isa_decider")
    assert all(time > 0 for time in figures.pop("isa_times_ms").values())
    assert figures.keys() >= {
        "decode_us", "prefill_ms", "branch4_us", "request_ms", "floor_share", "memory_mb", "start_s"
    }  # fmt: skip
    assert all(value > 0 for value in figures.values()), figures
    assert result.request_ms <= result.request_p95_ms <= result.request_p99_ms


def test_the_shape_is_of_the_fifteen_million_class() -> None:
    source = random_checkpoint()
    assert 7_000_000 < source.config.parameters < 16_000_000
    assert source.config == SHAPE


def test_a_context_too_short_is_refused(weights: Path) -> None:
    source = random_checkpoint(replace(SHAPE, layers=1, context=64))
    with pytest.raises(ValueError, match="context of 128 tokens"):
        bench.run(source, weights)


def test_a_process_that_cannot_start_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(start.StartError, match=r"missing\.safetensors could not be started: ."):
        start.measure(tmp_path / "missing.safetensors")
