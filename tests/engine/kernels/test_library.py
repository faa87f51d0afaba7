"""The compiled code on disk: made once, trusted only when it is ours and whole."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from engine.kernels import library
from engine.kernels.library import COMPILING, KernelError
from engine.model import Model
from engine.session import Session
from engine.simd.isa import Isa, available, chosen
from tests.support.children import run_python
from tests.support.engine_models import SMALL, smooth_checkpoint


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and a process that has loaded nothing."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(library, "_loaded", {})
    return tmp_path / "quicktype"


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The real code, from the cache where it is there."""
    library.load()
    (file,) = library.cache_folder().glob(f"kernels-{chosen()}-{library._key(chosen())}.o")
    return file.read_bytes()


def works() -> bool:
    model = Model(smooth_checkpoint(SMALL))
    return Session(model).prefill([1, 2, 3]).logits.any().item()


def test_compiling_is_announced_once_and_kept(shelf: Path) -> None:
    lines: list[str] = []
    library.load(lines.append)
    assert lines == [COMPILING]
    (file,) = shelf.iterdir()
    assert file.stat().st_mode & 0o077 == 0
    assert works()
    library._loaded.clear()
    library.load(lines.append)
    assert lines == [COMPILING]


def compiled_by(monkeypatch: pytest.MonkeyPatch, code: bytes) -> list[Isa]:
    """Let the compiler give `code` at once, and note what it was asked for."""
    asked: list[Isa] = []

    def compile_at_once(isa: Isa) -> bytes:
        asked.append(isa)
        return code[hashlib.sha256().digest_size :]

    monkeypatch.setattr(library, "_compile", compile_at_once)
    return asked


@pytest.mark.parametrize("damage", ["cut", "changed", "empty", "somebody else could write it"])
def test_a_file_that_cannot_be_trusted_is_made_anew(
    shelf: Path, code: bytes, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    asked = compiled_by(monkeypatch, code)
    library.load()
    (file,) = shelf.iterdir()
    if damage == "cut":
        file.write_bytes(code[:-100])
    elif damage == "changed":
        file.write_bytes(code[:1000] + bytes([code[1000] ^ 1]) + code[1001:])
    elif damage == "empty":
        file.write_bytes(b"")
    else:
        file.chmod(0o666)
    library._loaded.clear()
    library.load()
    assert len(asked) == 2
    assert file.read_bytes() == code
    assert works()


def test_without_a_place_to_keep_it_the_code_still_runs(
    shelf: Path, code: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = compiled_by(monkeypatch, code)
    shelf.parent.joinpath("quicktype").write_text("a file where the folder should be")
    library.load()
    assert len(asked) == 1
    assert works()


def test_a_change_of_the_sources_or_versions_is_another_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def key() -> str:
        library._key.cache_clear()
        return library._key(Isa.GENERIC)

    before = key()
    assert library._key(Isa.GENERIC) != library._key(available()[0]) or len(available()) == 1
    with monkeypatch.context() as patch:
        patch.setattr(library, "version", lambda _package: "99.0")
        assert key() != before
    for folder in ("simd", "kernels"):
        (tmp_path / "engine" / folder).mkdir(parents=True)
        for path in (library._ROOT / "engine" / folder).glob("*.py"):
            (tmp_path / "engine" / folder / path.name).write_bytes(path.read_bytes())
    with monkeypatch.context() as patch:
        patch.setattr(library, "_ROOT", tmp_path)
        assert key() == before
        with (tmp_path / "engine" / "kernels" / "rope.py").open("a") as file:
            file.write("# edited\n")
        assert key() != before
    assert key() == before


def test_a_compiler_that_fails_is_one_line(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")
    with pytest.raises(KernelError, match=r"could not be compiled for .*: no message"):
        library.load()
    assert not shelf.exists()


def test_code_that_is_no_code_is_one_line() -> None:
    with pytest.raises(KernelError, match="cannot be loaded"):
        library._link(b"not an object file", "key")


NO_NUMBA = """
import sys
from engine.model import Model
from engine.session import Session
from tests.support.engine_models import SMALL, smooth_checkpoint
assert Session(Model(smooth_checkpoint(SMALL))).prefill([1, 2]).logits.any()
print(*sorted({"numba", "torch"} & set(sys.modules)))
"""


def test_a_running_model_has_not_loaded_the_compiler(code: bytes) -> None:
    assert code
    cache = os.environ.get("XDG_CACHE_HOME", "")
    assert run_python(NO_NUMBA, XDG_CACHE_HOME=cache).strip() == ""
