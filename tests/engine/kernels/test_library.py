"""The compiled code: made once, loaded as any library, made anew when anything changes."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from engine.kernels import library, making, native, shelf
from engine.kernels.library import COMPILING, KernelError, Kernels
from engine.model import Model
from engine.session import Session
from engine.simd.isa import Isa, available
from tests.support.children import ROOT, run_python
from tests.support.engine_models import SMALL, smooth_checkpoint
from tests.support.objects import object_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ON_LINUX = sys.platform.startswith("linux")

DOUBLES = """
define void @quicktype_forward(i64 %from, i64 %to, i64 %unused) {
  %in = inttoptr i64 %from to ptr
  %out = inttoptr i64 %to to ptr
  %x = load i64, ptr %in
  %y = mul i64 %x, 2
  store i64 %y, ptr %out
  ret void
}
define void @quicktype_read(i64 %a, i64 %b, i64 %c) {
  ret void
}
"""
"""Stands in for the kernels, which take seconds to compile."""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, no other folder to keep code in, and a process that has loaded nothing."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.setattr(library, "_loaded", {})
    monkeypatch.setattr(making, "_translate", lambda _: b"translated")
    return tmp_path


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Isa]:
    """What a quick compiler was asked for."""
    log: list[Isa] = []

    def compile_at_once(isa: Isa, _source: bytes) -> bytes:
        log.append(isa)
        return object_of(DOUBLES)

    monkeypatch.setattr(making, "_compile", compile_at_once)
    return log


def load_anew(notify: Callable[[str], None] = lambda _: None) -> Kernels:
    """As another process would load the code."""
    library._loaded.clear()
    return library.load(Isa.GENERIC, notify)


def doubles(kernels: Kernels) -> bool:
    numbers = (ctypes.c_int64 * 2)(21, 0)
    kernels.forward(ctypes.addressof(numbers), ctypes.addressof(numbers) + 8, 0)
    return numbers[1] == 42


def kept(home: Path) -> list[str]:
    folder = home / "cache" / "quicktype"
    files = sorted(path.suffix for path in folder.glob("kernels-*"))
    assert files[:1] in ([], [".bc"])  # the kernels in LLVM's language, whatever they become
    return files[1:]


def test_compiling_is_announced_once_and_kept(home: Path, asked: list[Isa]) -> None:
    lines: list[str] = []
    assert doubles(load_anew(lines.append))
    assert doubles(load_anew(lines.append))
    assert lines == [COMPILING]
    assert asked == [Isa.GENERIC]
    assert kept(home) == ([".so"] if ON_LINUX else [".o"])


@pytest.fixture(scope="module")
def code() -> bytes:
    """What the real compiler makes, in its child processes."""
    isa = available()[0]
    return making._compile(isa, making._translate(isa))


def test_the_real_kernels_are_compiled_and_loaded_in_either_way(
    home: Path, code: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "_compile", lambda *_: code)
    monkeypatch.setenv("QUICKTYPE_ISA", available()[0])
    lines: list[str] = []
    model = Model(smooth_checkpoint(SMALL), notify=lines.append)
    assert lines == [COMPILING]
    assert isinstance(model.kernels.keep, ctypes.CDLL) == ON_LINUX
    first = Session(model).prefill([1, 2, 3]).logits
    model.kernels = native.through_llvm(code)
    second = Session(model).prefill([1, 2, 3]).logits
    assert first.any()
    assert first.tobytes() == second.tobytes()


def test_what_cannot_be_linked_is_loaded_by_llvm(
    home: Path, asked: list[Isa], monkeypatch: pytest.MonkeyPatch
) -> None:
    variable = "@count = global i64 1\n" + DOUBLES.replace("mul i64 %x, 2", "add i64 %x, %z")
    variable = variable.replace("  %y = add", "  %z = load volatile i64, ptr @count\n  %y = add")

    def compile_at_once(isa: Isa, _source: bytes) -> bytes:
        asked.append(isa)
        return object_of(variable)

    monkeypatch.setattr(making, "_compile", compile_at_once)
    for _ in range(2):
        kernels = load_anew()
        assert not isinstance(kernels.keep, ctypes.CDLL)
        numbers = (ctypes.c_int64 * 2)(21, 0)
        kernels.forward(ctypes.addressof(numbers), ctypes.addressof(numbers) + 8, 0)
        assert numbers[1] == 22
    assert len(asked) == 1
    assert kept(home) == [".o"]


def test_a_system_that_loads_no_library_of_ours_falls_back_on_llvm(
    home: Path, asked: list[Isa], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(native, "_from_file", _refuse)
    for _ in range(2):
        assert doubles(load_anew())
    assert len(asked) == 1
    assert kept(home) == [".o"]


def _refuse(_path: object) -> Kernels:
    raise native.LoadError("operation not permitted")


def test_folders_from_which_nothing_may_run_do_not_matter(
    home: Path, asked: list[Isa], monkeypatch: pytest.MonkeyPatch
) -> None:
    load_file = native._from_file

    def only_memory(path: str | Path) -> Kernels:
        return load_file(path) if str(path).startswith("/proc/self/fd/") else _refuse(path)

    if ON_LINUX:
        monkeypatch.setattr(native, "_from_file", only_memory)
    for _ in range(2):
        assert doubles(load_anew())
    assert len(asked) == 1


@pytest.mark.parametrize("damage", ["cut", "changed", "empty", "somebody else could write it"])
def test_a_file_that_cannot_be_trusted_is_made_anew(
    home: Path, asked: list[Isa], damage: str
) -> None:
    load_anew()
    folder = home / "cache" / "quicktype"
    (file,) = (path for path in folder.glob("kernels-*") if path.suffix != ".bc")
    content = file.read_bytes()
    file.unlink()  # a library that is in use must not be written to
    file.write_bytes(DAMAGES[damage](content))
    file.chmod(0o666 if damage.startswith("somebody") else 0o600)
    assert doubles(load_anew())
    assert len(asked) == 2
    assert file.read_bytes() == content


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "cut": lambda content: content[:-100],
    "changed": lambda content: content[:1000] + bytes([content[1000] ^ 1]) + content[1001:],
    "empty": lambda _: b"",
    "somebody else could write it": lambda content: content,
}


def test_without_a_place_to_keep_it_the_code_still_runs(home: Path, asked: list[Isa]) -> None:
    (home / "cache").write_text("a file where the folder should be")
    assert doubles(load_anew())
    assert doubles(load_anew())
    assert len(asked) == 2


def test_a_read_only_home_keeps_it_until_logging_out(
    home: Path, asked: list[Isa], monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "cache").write_text("a file where the folder should be")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(home / "run"))
    assert doubles(load_anew())
    assert doubles(load_anew())
    assert len(asked) == 1


def test_a_change_of_the_sources_or_versions_is_another_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def key() -> str:
        library.key.cache_clear()
        return library.key(Isa.GENERIC)

    before = key()
    assert library.key(Isa.GENERIC) != library.key(Isa.AVX2)
    with monkeypatch.context() as patch:
        patch.setattr(library, "_version", lambda _package: "99.0")
        assert key() != before
    with monkeypatch.context() as patch:
        patch.setattr("engine.simd.cpu.identity", lambda: "another processor")
        assert key() != before
    for folder in library._SOURCES:
        (tmp_path / folder).mkdir(parents=True)
        for path in (library._ROOT / folder).glob("*.py"):
            (tmp_path / folder / path.name).write_bytes(path.read_bytes())
    with monkeypatch.context() as patch:
        patch.setattr(library, "_ROOT", tmp_path)
        assert key() == before
        with (tmp_path / "engine" / "kernels" / "rope.py").open("a") as file:
            file.write("# edited\n")
        assert key() != before
    assert key() == before


def test_a_package_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(KernelError, match="no_such_compiler is missing: install quicktype again"):
        library._version("no_such_compiler")


def test_several_are_compiled_side_by_side_and_once(home: Path, asked: list[Isa]) -> None:
    lines: list[str] = []
    for _ in range(2):
        library.prepare([Isa.AVX2, Isa.GENERIC], lines.append)
    assert sorted(asked) == [Isa.AVX2, Isa.GENERIC]
    assert lines == [COMPILING]
    assert doubles(load_anew(lines.append))
    assert lines == [COMPILING]


def test_kernels_are_translated_once_for_all_instruction_sets(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def translate(_isa: Isa) -> bytes:
        asked.append("translate")
        return b"translated"

    def compile_at_once(isa: Isa, source: bytes) -> bytes:
        assert source == b"translated"
        asked.append(isa)
        return object_of(DOUBLES)

    monkeypatch.setattr(making, "_translate", translate)
    monkeypatch.setattr(making, "_compile", compile_at_once)
    library.load(Isa.GENERIC)
    library.load(Isa.AVX2)
    assert asked == ["translate", Isa.GENERIC, Isa.AVX2]
    (source,) = (home / "cache" / "quicktype").glob("kernels-*.bc")
    source.write_bytes(b"damaged")
    library._loaded.clear()
    library.load(Isa.VNNI256)
    assert asked[3:] == ["translate", Isa.VNNI256]


def test_a_compiler_that_fails_is_one_line(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")
    with pytest.raises(KernelError, match=r"could not be compiled for generic: no message"):
        load_anew()
    assert kept(home) == []


def test_code_that_is_no_code_is_one_line(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "_compile", lambda *_: b"not an object file")
    with pytest.raises(KernelError, match="cannot be loaded"):
        load_anew()


NO_COMPILER = """
import subprocess
import sys
from engine.model import Model
from engine.session import Session
from tests.support.engine_models import SMALL, smooth_checkpoint
assert Session(Model(smooth_checkpoint(SMALL))).prefill([1, 2]).logits.any()
print(*sorted({"numba", "llvmlite", "torch"} & set(sys.modules)))
"""


def test_a_running_model_has_not_loaded_the_compiler() -> None:
    cache = str(shelf.cache_folder().parent)
    run_python(NO_COMPILER, XDG_CACHE_HOME=cache)  # compiles, if this was never done
    loaded = run_python(NO_COMPILER, XDG_CACHE_HOME=cache).split()
    assert loaded == ([] if ON_LINUX else ["llvmlite"])


def test_two_processes_that_start_at_once_compile_only_once(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = {"XDG_CACHE_HOME": str(home / "cache"), "HOME": str(home)}
    children = [_begin(environment) for _ in range(2)]
    outputs = [child.communicate()[0].strip() for child in children]
    assert sorted(outputs) == ["", "compiles"]


AT_ONCE = f"""
import time
from engine.kernels import library, making
from engine.simd.isa import Isa
from tests.support.objects import object_of
def slowly(isa, source):
    print("compiles")
    time.sleep(1)
    return object_of('''{DOUBLES}''')
making._compile = slowly
making._translate = lambda isa: b"translated"
library.load(Isa.GENERIC)
"""


def _begin(environment: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-P", "-c", AT_ONCE],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        stdout=subprocess.PIPE,
        text=True,
    )
