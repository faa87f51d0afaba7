"""The daemon and its socket under the doctor's eyes."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from quicktype import client
from quicktype.client import Client
from quicktype.doctor import service
from quicktype.doctor.check import State
from quicktype.protocol import Latency, StatusReport
from tests.support.fake_daemon import threaded_daemon


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the daemon would listen; pytest's own folders may be too long for a socket."""
    with tempfile.TemporaryDirectory(prefix="qt-") as folder:
        path = Path(folder) / "quicktype" / "daemon.sock"
        monkeypatch.setenv("QUICKTYPE_SOCKET", str(path))
        yield path


def test_no_daemon_is_a_warning_with_the_command_that_starts_it(place: Path) -> None:
    check = service.daemon(print)
    assert check.state is State.WARN
    assert check.remedy == "quicktype start"
    assert service.learning(print).state is State.OK
    socket_check = service.socket(print)
    assert socket_check.state is State.OK
    assert "will be made" in socket_check.found


def test_a_daemon_that_answers_is_fine(place: Path) -> None:
    with threaded_daemon(place):
        check = service.daemon(print)
        assert check.state is State.OK
        assert check.found.startswith(f"pid {os.getpid()} with ")
        assert check.found.endswith("; nothing was asked yet")
        assert check.facts["answered_ms"] > 0
        assert "id" not in check.facts
        learning = service.learning(print)
        assert learning.found == "off: nothing typed is kept"
        assert service.socket(print).found == f"{place.parent} is yours alone (0700)"


def test_a_daemon_of_another_version_is_to_be_started_anew(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "__version__", "99.0")
    with threaded_daemon(place):
        check = service.daemon(print)
    assert check.state is State.WARN
    assert check.remedy == "quicktype stop && quicktype start"


@pytest.mark.parametrize(("p95", "state"), [(30.0, State.OK), (900.0, State.WARN)])
def test_a_slow_daemon_is_a_warning(
    place: Path, monkeypatch: pytest.MonkeyPatch, p95: float, state: State
) -> None:
    status = Client.status

    def slow(self: Client) -> StatusReport:
        return replace(status(self), requests=7, latency_ms=Latency(20.0, p95, p95))

    monkeypatch.setattr(client.Client, "status", slow)
    with threaded_daemon(place):
        check = service.daemon(print)
    assert check.state is state
    assert f"suggestions take 20 ms (p95 {p95:.0f}, 7 asked)" in check.found


def test_a_daemon_that_hangs_is_a_failure(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "_PATIENCE_S", 0.1)
    place.parent.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as deaf:
        deaf.bind(str(place))
        deaf.listen()
        check = service.daemon(print)
    assert check.state is State.FAIL
    assert check.remedy == "quicktype stop"


def test_a_folder_that_others_can_write_to_is_a_failure(place: Path) -> None:
    place.parent.mkdir()
    place.parent.chmod(0o777)
    check = service.socket(print)
    assert check.state is State.FAIL
    assert check.remedy == f"chmod 700 {place.parent}"


def test_a_folder_that_is_elsewhere_is_a_failure_without_a_command(place: Path) -> None:
    place.parent.symlink_to(place.parent.parent)
    check = service.socket(print)
    assert check.state is State.FAIL
    assert "symbolic link" in check.found
    assert check.remedy is None
