"""The folder of compiled code: what is trusted, what is kept, what is removed."""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING

import pytest

from engine.kernels import shelf

if TYPE_CHECKING:
    from pathlib import Path

NAME = "kernels-test.so"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    return tmp_path / "quicktype"


def test_what_is_written_is_read_with_its_place(folder: Path) -> None:
    assert shelf.read(NAME) is None
    assert shelf.write(NAME, b"code") == folder / NAME
    assert shelf.read(NAME) == (b"code", folder / NAME)
    assert folder.stat().st_mode & 0o077 == 0
    assert (folder / NAME).stat().st_mode & 0o077 == 0
    assert [path.name for path in folder.iterdir()] == [NAME]


def test_a_folder_that_others_can_write_to_is_not_used(folder: Path) -> None:
    shelf.write(NAME, b"code")
    folder.chmod(0o770)
    assert shelf.read(NAME) is None
    assert shelf.write(NAME, b"code") is None


def test_somebody_elses_file_is_not_used(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf.write(NAME, b"code")
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    assert shelf.read(NAME) is None


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 32, b"code" + b"x" * 32])
def test_a_file_with_a_wrong_digest_is_not_used(folder: Path, content: bytes) -> None:
    shelf.write(NAME, b"code")
    (folder / NAME).write_bytes(content)
    assert shelf.read(NAME) is None


def test_a_folder_in_the_place_of_a_file_is_not_used(folder: Path) -> None:
    (folder / NAME).mkdir(parents=True)
    assert shelf.read(NAME) is None
    assert shelf.write(NAME, b"code") is None
    assert [path.name for path in folder.iterdir()] == [NAME]


def test_the_runtime_folder_is_the_second_choice(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write_text("no folder")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    assert shelf.write(NAME, b"code") == tmp_path / "run" / "quicktype" / NAME
    assert shelf.read(NAME) == (b"code", tmp_path / "run" / "quicktype" / NAME)


def made_long_ago(path: Path, days: float) -> None:
    path.write_bytes(b"old")
    then = time.time() - 86400 * days
    os.utime(path, (then, then))


def test_only_what_nobody_has_used_for_long_is_removed(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    for name, days in (
        ("kernels-unused.so", 31),
        (".kernels-left-behind", 31),
        ("kernels-of-another-version.so", 29),
        ("what-is-not-ours", 400),
    ):
        made_long_ago(folder / name, days)
    shelf.write(NAME, b"code")
    left = {path.name for path in folder.iterdir()}
    assert left == {NAME, "kernels-of-another-version.so", "what-is-not-ours"}


def test_what_is_read_counts_as_used(folder: Path) -> None:
    shelf.write(NAME, b"code")
    then = time.time() - 86400 * 20
    os.utime(folder / NAME, (then, then))
    shelf.read(NAME)
    assert (folder / NAME).stat().st_mtime > time.time() - 60


def test_turns_are_taken_one_after_the_other(folder: Path) -> None:
    inside: list[int] = []
    most: list[int] = []

    def work(number: int) -> None:
        with shelf.turn():
            inside.append(number)
            most.append(len(inside))
            time.sleep(0.02)
            inside.remove(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1, 1, 1, 1]


def test_whoever_takes_too_long_is_not_waited_for(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelf, "PATIENCE", 0.1)
    with shelf.turn(), shelf.turn():
        assert (folder / ".lock").exists()


def test_without_a_folder_nobody_waits(folder: Path) -> None:
    folder.write_text("no folder")
    with shelf.turn(), shelf.turn():
        assert not folder.is_dir()
