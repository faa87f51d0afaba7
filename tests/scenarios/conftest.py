"""quicktype as a person has it: child processes with a home of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from engine import checkpoint
from engine.kernels.shelf import cache_folder
from engine.model import Model
from tests.support.tiny_model import parrot_checkpoint

if TYPE_CHECKING:
    from collections.abc import Iterator

COMMAND = [sys.executable, "-P", "-m", "quicktype.cli"]
SECONDS = 120
"""Long enough for a slow machine; what takes longer hangs."""
_GUARD = Path(__file__).parents[1] / "support" / "no_internet"
_KEPT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "COVERAGE_PROCESS_START")


@dataclass
class Home:
    """A user's files and settings, and quicktype run in them."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def socket(self) -> Path:
        return Path(self.environment["QUICKTYPE_SOCKET"])

    def run(self, *arguments: str, given: str | bytes = b"") -> subprocess.CompletedProcess[str]:
        """Runs quicktype to its end, with `given` as its standard input."""
        done = subprocess.run(
            [*COMMAND, *arguments],
            input=given.encode() if isinstance(given, str) else given,
            capture_output=True,
            env=self.environment,
            cwd=self.folder,
            timeout=SECONDS,
            check=False,
        )
        return subprocess.CompletedProcess(
            done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
        )

    def begin(self, *arguments: str) -> subprocess.Popen[str]:
        """Begins a run of quicktype."""
        return subprocess.Popen(
            [*COMMAND, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.environment,
            cwd=self.folder,
        )

    def write(self, name: str, content: str | bytes) -> str:
        """Puts a file into the home; gives its path."""
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)


@pytest.fixture(scope="session")
def parrot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A weights file that goes on with two sentences; the engine is compiled by then."""
    path = tmp_path_factory.mktemp("models") / "parrot.safetensors"
    sentences = ("how about seven o'clock then?", "see you tomorrow")
    checkpoint.save(path, parrot_checkpoint(*sentences))
    Model(checkpoint.load(path))
    return path


@pytest.fixture
def home(tmp_path: Path, parrot: Path) -> Iterator[Home]:
    """A new user's home with the parrot as model; no daemon of it outlives the test.

    Nothing that runs in it may open an internet socket.
    """
    runtime = Path(tempfile.mkdtemp(prefix="qt-"))  # tmp_path may be too long for a socket
    log = tmp_path / "internet.log"
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ} | {
        "HOME": str(tmp_path),
        "XDG_CACHE_HOME": str(cache_folder().parent),
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "XDG_DATA_HOME": str(tmp_path / "data"),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "QUICKTYPE_SOCKET": str(runtime / "daemon.sock"),
        "QUICKTYPE_MODEL": str(parrot),
        "QUICKTYPE_TEST_INTERNET_LOG": str(log),
        "PYTHONPATH": str(_GUARD),
        "TERM": "xterm-256color",
    }
    here = Home(tmp_path, environment)
    yield here
    here.run("stop")
    shutil.rmtree(runtime)
    assert not log.exists(), log.read_text()


@pytest.fixture
def daemon(home: Home) -> int:
    """A running daemon; its pid."""
    started = home.run("start")
    assert started.returncode == 0, started.stderr
    return int(started.stdout.partition("pid ")[2].partition(",")[0])
