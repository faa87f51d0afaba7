"""Locks that end with their holder; Windows' kind with a msvcrt that is played."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from quicktype import locks


def test_it_is_held_until_the_end_with_our_pid_in_it(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    assert not locks.is_held(path)
    assert locks.holder(path) == "its pid"
    with locks.held(path):
        assert locks.is_held(path)
        assert locks.holder(path) == str(os.getpid())
        with pytest.raises(locks.HeldError, match=str(os.getpid())), locks.held(path):
            raise AssertionError("never here")
    assert not locks.is_held(path)
    assert path.stat().st_mode & 0o077 == 0


def test_it_ends_with_a_process_that_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    code = (
        "import sys, time; from pathlib import Path; from quicktype import locks\n"
        f"with locks.held(Path({str(path)!r})): print('mine', flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-P", "-c", code], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "mine\n"
        assert locks.is_held(path)
        assert locks.holder(path) == str(holder.pid)
        holder.kill()
    assert not locks.is_held(path)


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "a.lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic"), locks.held(tmp_path / "a.lock"):
        raise AssertionError("never here")


class PlayedMsvcrt:
    """Bytes that are locked by a file object's descriptor, by file and place."""

    LK_NBLCK = 2

    def __init__(self) -> None:
        self.locked: dict[tuple[int, int], int] = {}

    def locking(self, descriptor: int, mode: int, count: int) -> None:
        assert (mode, count) == (self.LK_NBLCK, 1)
        place = os.fstat(descriptor).st_ino, os.lseek(descriptor, 0, os.SEEK_CUR)
        if self.locked.get(place, descriptor) != descriptor and _is_open(self.locked[place]):
            raise PermissionError(13, "Permission denied")
        self.locked[place] = descriptor


def _is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def test_windows_locks_a_byte_behind_what_others_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    played = PlayedMsvcrt()
    monkeypatch.setitem(sys.modules, "msvcrt", SimpleNamespace(
        LK_NBLCK=played.LK_NBLCK, locking=played.locking
    ))  # fmt: skip
    monkeypatch.setattr(sys, "platform", "win32")
    path = tmp_path / "a.lock"
    with locks.held(path):
        assert locks.is_held(path)
        assert locks.holder(path) == str(os.getpid())
        with pytest.raises(locks.HeldError, match=str(os.getpid())), locks.held(path):
            raise AssertionError("never here")
    assert not locks.is_held(path)
    assert {place for _, place in played.locked} == {1 << 30}
