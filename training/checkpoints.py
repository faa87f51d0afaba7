"""Where a run stands, on disk: safetensors and JSON, so that nothing executable is ever loaded."""

from __future__ import annotations

import json
import os
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

if TYPE_CHECKING:
    from pathlib import Path

    import torch

KEPT = 3  # a bad last one must not be the only one


class CheckpointError(ValueError):
    """A training checkpoint cannot be written or read."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run has come, and the state of the generator that draws its windows."""

    step: int
    tokens: int
    seconds: float
    generator: dict[str, Any]


def save_checkpoint(folder: Path, tensors: dict[str, torch.Tensor], progress: Progress) -> Path:
    """Writes ``step-N.safetensors`` whole or not at all, and removes all but the newest few.

    Raises:
        CheckpointError: it could not be written, for instance because the disk is full; the older
            ones are untouched.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"step-{progress.step:07d}.safetensors"
    part = path.with_suffix(".part")
    try:
        save_file(tensors, part, {"progress": json.dumps(asdict(progress))})
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.replace(path)
    except (OSError, SafetensorError) as error:
        part.unlink(missing_ok=True)
        raise CheckpointError(
            f"cannot save {path}: {error}; free some space, then run the same command to resume"
        ) from error
    for old in checkpoints(folder)[:-KEPT]:
        old.unlink()
    return path


def checkpoints(folder: Path) -> list[Path]:
    """A run's checkpoints, oldest first."""
    return sorted(p for p in folder.glob("step-*.safetensors") if re.search(r"-\d+$", p.stem))


def load_checkpoint(path: Path) -> tuple[dict[str, torch.Tensor], Progress]:
    """Reads what `save_checkpoint` wrote; raises CheckpointError when it cannot."""
    try:
        with safe_open(path, framework="pt") as file:
            progress = Progress(**json.loads(file.metadata()["progress"]))
            return {name: file.get_tensor(name) for name in file.keys()}, progress  # noqa: SIM118 (not a dict)
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise CheckpointError(
            f"cannot read {path}: {error}; delete it to resume from the one before"
        ) from error
