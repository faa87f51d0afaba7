"""A daemon for each story."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.fake_daemon import ThreadedDaemon, threaded_daemon


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the daemon is to listen; its folder does not exist yet."""
    return tmp_path / "run" / "daemon.sock"


@pytest.fixture
def daemon(path: Path) -> Iterator[ThreadedDaemon]:
    with threaded_daemon(path) as running:
        yield running
