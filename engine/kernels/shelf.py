"""Where compiled code is kept from one process to the next, and which files are trusted.

Files lie in ``$XDG_CACHE_HOME/quicktype`` (else ``~/.cache/quicktype``), or, where nothing can be
written there, in ``$XDG_RUNTIME_DIR/quicktype``. Each ends with the SHA-256 of what comes before. A
file that is damaged, or that somebody else could have written, counts as none at all. A name says
everything that its file depends on, so a file is never changed, only replaced by its like.
"""

from __future__ import annotations

import hashlib
import logging
import os
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_LOG = logging.getLogger(__name__)
_DIGEST_BYTES = hashlib.sha256().digest_size
_OTHERS_WRITE = 0o022
_DAY = 86400.0
KEEP = 30 * _DAY
"""Seconds after which a file that nobody has used is removed."""
PATIENCE = 60.0
"""Seconds for which a process waits while another one compiles."""
_PAUSE = 0.05
_OURS = ("kernels-", ".kernels-", "choice-", ".choice-")
"""What names of files begin with, the temporary ones' too; others may keep theirs here as well."""


def cache_folder() -> Path:
    """Where compiled code is kept."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "quicktype"


def folders() -> tuple[Path, ...]:
    """Where compiled code may be kept, the first choice first."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    return (cache_folder(), Path(runtime) / "quicktype") if runtime else (cache_folder(),)


def read(name: str) -> tuple[bytes, Path] | None:
    """What is kept under a name, and where; None if there is nothing that can be trusted."""
    for folder in folders():
        content = _trusted(folder / name)
        if content is not None:
            _note_use(folder / name)
            return content, folder / name
    return None


def write(name: str, content: bytes) -> Path | None:
    """Keep `content` under a name, whole or not at all; None if it can be kept nowhere.

    Files that nobody has used for long are removed on this occasion.
    """
    for folder in folders():
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not _is_safe(folder):
                continue
            _put(folder / name, content + hashlib.sha256(content).digest())
        except OSError as error:
            _LOG.info("compiled code cannot be kept in %s: %s", folder, error.strerror)
            continue
        _prune(folder)
        return folder / name
    return None


def keeps() -> bool:
    """Whether there is a folder for `write`."""
    return any(_has_room(folder) for folder in folders())


@contextmanager
def turn() -> Iterator[None]:
    """Within it, other processes that want a turn wait, so that all need not compile the same.

    Waits for `PATIENCE` at most, and not at all where files cannot be locked: working twice is
    wasteful, not wrong.
    """
    try:
        import fcntl  # noqa: PLC0415 (not on Windows)

        cache_folder().mkdir(mode=0o700, parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        lock = os.open(cache_folder() / ".lock", flags, 0o600)
    except (ImportError, OSError):
        yield
        return
    try:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            time.sleep(_PAUSE)
        yield
    finally:
        os.close(lock)


def _trusted(path: Path) -> bytes | None:
    """A file's content without its digest, if it is ours alone and whole."""
    try:
        if not _is_safe(path.parent):
            return None
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            if _is_foreign(status):
                return None
            content = file.read()
    except OSError:
        return None
    content, digest = content[:-_DIGEST_BYTES], content[-_DIGEST_BYTES:]
    return content if content and hashlib.sha256(content).digest() == digest else None


def _has_room(folder: Path) -> bool:
    with suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return _is_safe(folder) and os.access(folder, os.W_OK | os.X_OK)
    return False


def _is_safe(folder: Path) -> bool:
    """Whether nobody else can put files into a folder."""
    return not _is_foreign(folder.stat())


def _is_foreign(status: os.stat_result) -> bool:
    """Whether somebody else could have written a file; where there are no owners, nobody."""
    if not hasattr(os, "getuid"):
        return False
    return status.st_uid != os.getuid() or bool(status.st_mode & _OTHERS_WRITE)


def _put(path: Path, content: bytes) -> None:
    """Let a file appear at once and whole; raises OSError."""
    import tempfile  # noqa: PLC0415 (only who has compiled needs it)

    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        Path(temporary).replace(path)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise


def _note_use(path: Path) -> None:
    """Date a file to now, once a day, so that what is in use is not removed."""
    with suppress(OSError):
        if path.stat().st_mtime < time.time() - _DAY:
            os.utime(path)


def _prune(folder: Path) -> None:
    """Remove what nobody has used for long, other versions' files too."""
    limit = time.time() - KEEP
    for path in folder.iterdir():
        with suppress(OSError):
            if path.name.startswith(_OURS) and path.stat().st_mtime < limit:
                path.unlink()
