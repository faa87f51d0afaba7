"""Where models lie on this machine, and which one is meant."""

from __future__ import annotations

import os
from pathlib import Path

SHIPPED = Path(__file__).resolve().parents[1] / "models"
"""The folder of the weights that come with quicktype."""

_SUFFIX = ".safetensors"


class ModelNotFoundError(FileNotFoundError):
    """There is no such model; the message says which there are."""


def models() -> list[Path]:
    """Every model on this machine: the user's own first, then those that came with quicktype."""
    return [
        path for folder in (own_models(), SHIPPED) for path in sorted(folder.glob("*" + _SUFFIX))
    ]


def own_models() -> Path:
    """The folder of the user's own models."""
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "quicktype" / "models"


def find_model(wanted: str | None) -> Path:
    """The file of a model: one by its path or its name, else $QUICKTYPE_MODEL, else the shipped.

    Raises ModelNotFoundError.
    """
    wanted = wanted or os.environ.get("QUICKTYPE_MODEL")
    known = {path.stem: path for path in reversed(models())}
    if wanted is None:
        shipped = sorted(SHIPPED.glob("*" + _SUFFIX))
        if not shipped:
            raise ModelNotFoundError(
                "no model came with this quicktype; name one with --model FILE"
            )
        return shipped[0]
    if wanted in known:
        return known[wanted]
    if not Path(wanted).is_file():
        names = ", ".join(known) or "none"
        raise ModelNotFoundError(f"there is no model {wanted} (installed: {names})")
    return Path(wanted)
