from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from engine import checkpoint
from engine.reference import logits as reference_logits
from quicktype.cli.model import model as model_command
from quicktype.cli.train import train as train_command
from training import checkpoints
from training.export import ExportError, newest_weights
from training.model import Llama

from .conftest import Workshop


@pytest.fixture(scope="module")
def work(workshop: Workshop, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working folder, made by the commands as a person types them."""
    work = tmp_path_factory.mktemp("commands") / "work"
    run("prepare", workshop, str(workshop.data), str(work))
    run("tokenizer", workshop, str(work))
    run("pretrain", workshop, str(work), "--threads", "1")
    return work


@pytest.fixture(scope="module")
def exported(workshop: Workshop, work: Path) -> tuple[Path, Path]:
    """The working folder and a weights file out of it."""
    out = work.parent / "tiny.safetensors"
    run("export", workshop, str(work), str(out))
    return work, out


def run(command: str, workshop: Workshop, *arguments: str) -> None:
    line = [command, *arguments, "--recipe", str(workshop.recipe_file)]
    result = CliRunner().invoke(train_command, line, catch_exceptions=False)
    assert result.exit_code == 0, result.output


def test_the_weights_file_holds_what_was_trained(exported: tuple[Path, Path]) -> None:
    work, out = exported
    weights, cost = newest_weights(work)
    made = checkpoint.load(out)
    assert made.name == "tiny"
    assert made.card["cost"] == cost
    assert cost["steps"] == 12
    assert made.card["start"] == "from scratch"
    assert set(made.card["data"]) == {"small", "forms"}
    assert np.array_equal(made.vectors["norm"], weights["norm"].numpy())


def test_torch_and_the_reference_agree_on_the_trained_weights(
    exported: tuple[Path, Path],
) -> None:
    work, out = exported
    weights, _ = newest_weights(work)
    config = checkpoint.load(out).config
    llama = Llama(config)
    llama.load_state_dict(weights)
    ids = [1, 30, 40, 50, 60, 70, 80]
    with torch.no_grad():
        expected = llama(torch.tensor([ids]))[0].numpy()
    ours = reference_logits({name: w.numpy() for name, w in weights.items()}, config, ids)
    assert np.allclose(expected, ours, atol=1e-4)


def test_the_card_tells_licences_figures_and_samples(exported: tuple[Path, Path]) -> None:
    _, out = exported
    card = out.with_suffix(".md").read_text()
    assert "# tiny" in card
    assert "| small | 2.0 | not recorded | your own |" in card
    assert "| source | torch, bf16 | engine, int8 |" in card
    assert card.count("   really: ") >= 1
    assert "{" not in card.split("## Samples")[0]


def test_people_are_shown_an_outline_of_the_card(exported: tuple[Path, Path]) -> None:
    _, out = exported
    shown = CliRunner().invoke(model_command, ["info", str(out)], catch_exceptions=False).output
    assert "from scratch" in shown
    assert "small forms" in shown
    assert "steps 12" in shown
    assert "warmup_steps" not in shown


def scores(card: Path) -> tuple[float, float]:
    """Bits per byte by torch and by the engine, as a card says."""
    lines = card.read_text().splitlines()
    line = next(line for line in lines if line.startswith("| **all**"))
    by_torch, by_engine = (float(cell.strip(" *")) for cell in line.split("|")[2:4])
    return by_torch, by_engine


def test_int8_in_the_engine_predicts_as_well_as_torch(exported: tuple[Path, Path]) -> None:
    """The card's two figures come from two implementations, and must be all but the same."""
    by_torch, by_engine = scores(exported[1].with_suffix(".md"))
    assert by_engine == pytest.approx(by_torch, rel=0.02)


def test_the_layers_can_be_exported_in_four_bits(
    workshop: Workshop, exported: tuple[Path, Path]
) -> None:
    work, eight = exported
    out = work.parent / "tiny4.safetensors"
    run("export", workshop, str(work), str(out), "--bits", "4")
    matrices = checkpoint.load(out).matrices
    assert {name for name, tensor in matrices.items() if tensor.bits == 8} == {"embedding"}
    assert out.stat().st_size < eight.stat().st_size
    card = out.with_suffix(".md").read_text()
    assert "| source | torch, bf16 | engine, 4-bit layers |" in card
    assert "MB, 4-bit layers in groups of 32 |" in card
    by_torch, by_engine = scores(out.with_suffix(".md"))
    assert by_engine == pytest.approx(by_torch, rel=0.05)


def test_a_folder_without_checkpoints_and_broken_weights_are_refused(
    workshop: Workshop, exported: tuple[Path, Path], tmp_path: Path
) -> None:
    with pytest.raises(ExportError, match="run `quicktype train pretrain` first"):
        newest_weights(tmp_path)
    progress = checkpoints.Progress(1, 0, 0.0, {})
    nan = {"model.norm": torch.tensor([1.0, float("nan")])}
    checkpoints.save_checkpoint(tmp_path / "checkpoints", nan, progress)
    with pytest.raises(ExportError, match=r"NaN or infinity in norm"):
        newest_weights(tmp_path)


def test_a_recipe_that_stands_on_smollm2_asks_for_it(workshop: Workshop) -> None:
    result = CliRunner().invoke(train_command, ["pretrain", str(workshop.work)])
    assert result.exit_code == 2
    assert "--start" in result.output
