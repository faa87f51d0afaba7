from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import torch

from training import checkpoints, curves
from training.checkpoints import CheckpointError, load_checkpoint, save_checkpoint
from training.model import Llama
from training.pretrain import Run, TrainingError, open_run, train

from .conftest import Workshop


class Notes:
    """A watcher that writes everything down, and may interrupt the run."""

    def __init__(self, interrupt_at: int | None = None) -> None:
        self.losses: list[float] = []
        self.looks: list[curves.LogLine] = []
        self._interrupt_at = interrupt_at

    def stepped(self, share: float, step: int, tokens_per_second: float, loss: float) -> None:
        assert 0.0 < share <= 1.0
        assert tokens_per_second > 0
        self.losses.append(loss)
        if step == self._interrupt_at:
            raise KeyboardInterrupt

    def looked(self, line: curves.LogLine) -> None:
        self.looks.append(line)


def new_run(workshop: Workshop, folder: Path) -> Run:
    """A run in a folder of its own, on the workshop's corpus."""
    folder.mkdir(exist_ok=True)
    for file in workshop.work.iterdir():
        link = folder / file.name
        if file.is_file() and not link.exists():
            link.symlink_to(file)
    return open_run(folder, workshop.recipe, workshop.tokenizer, workshop.template, lambda _: None)


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def weights(run: Run) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in run.model.state_dict().items()}


def test_a_run_learns_and_leaves_a_log_a_picture_and_a_checkpoint(
    workshop: Workshop, tmp_path: Path
) -> None:
    notes = Notes()
    run = new_run(workshop, tmp_path / "run")
    train(run, notes)
    assert len(notes.losses) == 12
    assert notes.losses[-1] < notes.losses[0] - 1.0
    assert [look.step for look in notes.looks] == [4, 8, 12]
    assert notes.looks[-1].validation_bits_per_byte < notes.looks[0].validation_bits_per_byte
    assert notes.looks[-1].rate == 0.0
    assert curves.read(run.folder) == notes.looks
    assert (run.folder / "curves.png").read_bytes().startswith(b"\x89PNG")
    assert len(checkpoints.checkpoints(run.folder / "checkpoints")) == 1


def test_a_run_that_is_interrupted_ends_as_one_that_is_not(
    workshop: Workshop, tmp_path: Path
) -> None:
    whole = new_run(workshop, tmp_path / "whole")
    train(whole, Notes())
    first = new_run(workshop, tmp_path / "parts")
    with pytest.raises(KeyboardInterrupt):
        train(first, Notes(interrupt_at=5))
    second = new_run(workshop, tmp_path / "parts")
    assert second.step == 5
    train(second, Notes())
    for name, value in weights(whole).items():
        assert torch.equal(value, weights(second)[name]), name


def test_a_loss_that_is_no_number_stops_the_run_and_spares_the_last_checkpoint(
    workshop: Workshop, tmp_path: Path
) -> None:
    run = new_run(workshop, tmp_path / "run")
    with pytest.raises(KeyboardInterrupt):
        train(run, Notes(interrupt_at=3))
    with torch.no_grad():
        run.model.norm.fill_(float("nan"))
    with pytest.raises(TrainingError, match="loss is nan at step 3"):
        train(run, Notes())
    again = new_run(workshop, tmp_path / "run")
    assert again.step == 3
    assert all(value.isfinite().all() for value in weights(again).values())


def test_a_full_disk_costs_nothing_that_was_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    progress = checkpoints.Progress(1, 10, 1.0, {"state": 5})
    kept = save_checkpoint(tmp_path, {"model.norm": torch.ones(3)}, progress)

    def full(tensors: object, path: Path, metadata: object) -> None:
        path.write_bytes(b"half a f")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoints, "save_file", full)
    with pytest.raises(CheckpointError, match=r"No space left.*resume"):
        save_checkpoint(tmp_path, {}, dataclasses.replace(progress, step=2))
    assert list(tmp_path.iterdir()) == [kept]
    tensors, loaded = load_checkpoint(kept)
    assert loaded == progress
    assert tensors["model.norm"].tolist() == [1.0, 1.0, 1.0]


def test_only_the_newest_checkpoints_are_kept(tmp_path: Path) -> None:
    for step in range(6):
        progress = checkpoints.Progress(step, 0, 0.0, {})
        save_checkpoint(tmp_path, {"model.norm": torch.zeros(1)}, progress)
    names = [path.stem for path in checkpoints.checkpoints(tmp_path)]
    assert names == ["step-0000003", "step-0000004", "step-0000005"]


def test_a_broken_checkpoint_is_named(tmp_path: Path) -> None:
    progress = checkpoints.Progress(1, 0, 0.0, {})
    path = save_checkpoint(tmp_path, {"model.norm": torch.zeros(100)}, progress)
    path.write_bytes(path.read_bytes()[:-50])
    with pytest.raises(CheckpointError, match="step-0000001"):
        load_checkpoint(path)


def test_a_fresh_model_is_the_same_for_the_same_seed(workshop: Workshop, tmp_path: Path) -> None:
    first, second = (new_run(workshop, tmp_path / name) for name in ("one", "two"))
    assert isinstance(first.model, Llama)
    for name, value in weights(first).items():
        assert torch.equal(value, weights(second)[name])
