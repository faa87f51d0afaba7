"""The socket's place in the file system: ours alone, and one daemon in it."""

from __future__ import annotations

import os
import socket
import stat
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from quicktype import locks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_MAX_PATH = 100


class SocketError(OSError):
    """The socket cannot be opened; the message says why, and what to do."""


@contextmanager
def claimed(path: Path) -> Iterator[socket.socket | None]:
    """A listening socket at `path`, removed again at the end; None on Windows, which has a pipe.

    A lock file beside it makes sure that no second daemon listens there. What a killed daemon left
    behind is replaced.

    Raises:
        SocketError: the folder is not safe, another daemon listens, or the path is no good.
    """
    try:
        _safe_folder(path.parent)
        with locks.held(path.with_name(path.name + ".lock")), _listening(path) as listening:
            yield listening
    except locks.HeldError as owner:
        raise SocketError(
            f"a daemon already listens at {path} (pid {owner}); stop it with `quicktype stop`"
        ) from None
    except SocketError:
        raise
    except OSError as error:
        raise SocketError(f"cannot listen at {path}: {error.strerror or error}") from error


@contextmanager
def _listening(path: Path) -> Iterator[socket.socket | None]:
    if sys.platform == "win32":
        yield None
        return
    listening = _listen(path)
    try:
        yield listening
    finally:
        with suppress(FileNotFoundError):
            path.unlink()
        listening.close()


def _safe_folder(folder: Path) -> None:
    """Makes the folder (0700), or checks that nobody else can put anything into it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if fault := fault_of(folder):
        raise SocketError(fault)


def fault_of(folder: Path) -> str | None:
    """Why no socket should lie in a folder, and what to do; None if it may. Raises OSError."""
    if sys.platform == "win32":
        return None  # a pipe lies in no folder
    found = folder.lstat()
    if stat.S_ISLNK(found.st_mode):
        return f"{folder} is a symbolic link; set QUICKTYPE_SOCKET to a path without"
    if found.st_uid != os.getuid():
        return f"{folder} belongs to somebody else; set QUICKTYPE_SOCKET elsewhere"
    if found.st_mode & 0o022:
        return (
            f"others can write to {folder}; set QUICKTYPE_SOCKET to a path in a folder of your own"
        )
    return None


def _listen(path: Path) -> socket.socket:
    if len(os.fsencode(path)) > _MAX_PATH:
        raise SocketError(f"{path} is too long for a socket; set QUICKTYPE_SOCKET to a shorter one")
    with suppress(FileNotFoundError):
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise SocketError(f"{path} is no socket; remove it, or set QUICKTYPE_SOCKET elsewhere")
        path.unlink()
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        listening.bind(os.fspath(path))
    finally:
        os.umask(before)
    listening.listen(64)
    listening.setblocking(False)
    return listening
