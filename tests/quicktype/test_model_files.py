"""Which weights are meant, and where they lie."""

from __future__ import annotations

from pathlib import Path

import pytest

from quicktype import model_files
from quicktype.model_files import ModelNotFoundError, find_model, models


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """The user's own models' folder and the shipped ones'."""
    monkeypatch.delenv("QUICKTYPE_MODEL", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    shipped = tmp_path / "shipped"
    monkeypatch.setattr(model_files, "SHIPPED", shipped)
    own = tmp_path / "data" / "quicktype" / "models"
    for folder in (own, shipped):
        folder.mkdir(parents=True)
    return own, shipped


def test_the_shipped_model_is_the_usual_one(folders: tuple[Path, Path]) -> None:
    own, shipped = folders
    (own / "mine.safetensors").touch()
    (shipped / "chat.safetensors").touch()
    assert find_model(None) == shipped / "chat.safetensors"
    assert models() == [own / "mine.safetensors", shipped / "chat.safetensors"]


def test_a_model_goes_by_name_by_path_or_by_environment(
    folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    own, shipped = folders
    (own / "chat.safetensors").touch()
    (shipped / "chat.safetensors").touch()
    elsewhere = tmp_path / "elsewhere.bin"
    elsewhere.touch()
    assert find_model("chat") == own / "chat.safetensors"
    assert find_model(str(elsewhere)) == elsewhere
    monkeypatch.setenv("QUICKTYPE_MODEL", str(elsewhere))
    assert find_model(None) == elsewhere
    assert find_model("chat") == own / "chat.safetensors"


def test_a_model_that_is_not_there_is_missed_by_name(folders: tuple[Path, Path]) -> None:
    own, _ = folders
    with pytest.raises(ModelNotFoundError, match="no model came with this quicktype"):
        find_model(None)
    (own / "mine.safetensors").touch()
    with pytest.raises(ModelNotFoundError, match=r"no model yours \(installed: mine\)"):
        find_model("yours")


def test_own_models_lie_at_home_by_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert model_files.own_models() == tmp_path / ".local/share/quicktype/models"
