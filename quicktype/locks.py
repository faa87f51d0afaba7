"""Locks on files, which end with the process that holds them, however it ends."""

from __future__ import annotations

import importlib
import os
import sys
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_BEYOND = 1 << 30
"""Windows locks bytes against reading, too: this one is behind all that such a file ever holds."""


class HeldError(Exception):
    """Another process holds the lock; the message is what it wrote into the file."""


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Holds the lock, and has our pid in its file, until the end.

    Raises:
        HeldError: another process, or another file object of this one, holds it.
        OSError: the file cannot be opened.
    """
    flags = os.O_RDWR | os.O_CREAT
    for name in ("O_NOFOLLOW", "O_CLOEXEC"):  # Windows has neither, and needs neither
        flags |= getattr(os, name, 0)
    with os.fdopen(os.open(path, flags, 0o600), "r+", encoding="ascii") as lock:
        if not _taken(lock, shared=False):
            raise HeldError(lock.read().strip() or "unknown")
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield


def is_held(path: Path) -> bool:
    """Whether a process holds this lock."""
    try:
        with path.open("rb") as lock:
            return not _taken(lock, shared=True)
    except FileNotFoundError:
        return False


def holder(path: Path) -> str:
    """The pid of the process that took this lock last, "its pid" where that is not to be had."""
    try:
        return path.read_text(encoding="ascii").strip() or "its pid"
    except OSError:
        return "its pid"


def _taken(lock: IO[str] | IO[bytes], *, shared: bool) -> bool:
    """Takes it until the file is closed; False when another has it."""
    if sys.platform == "win32":
        return _taken_on_windows(lock.fileno())
    import fcntl  # noqa: PLC0415 - not on Windows

    try:
        fcntl.flock(lock, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _taken_on_windows(descriptor: int) -> bool:
    """One byte, never run on Windows: there is no sharing there, and looking takes it, too."""
    msvcrt = importlib.import_module("msvcrt")
    os.lseek(descriptor, _BEYOND, os.SEEK_SET)
    try:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    except OSError:
        return False
    finally:
        os.lseek(descriptor, 0, os.SEEK_SET)
    return True
