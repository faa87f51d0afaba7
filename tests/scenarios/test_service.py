"""Starting, asking and stopping the daemon, as a person does it."""

from __future__ import annotations

import json
import os
import signal
from typing import TYPE_CHECKING

import pytest

from tests.scenarios.conftest import SECONDS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.scenarios.conftest import Home


def test_start_status_stop_and_all_of_it_twice(home: Home) -> None:
    assert home.run("status").returncode == 1
    for _ in range(2):
        started = home.run("start")
        assert started.returncode == 0
        assert "the daemon runs (pid" in started.stdout
        assert "already runs" in home.run("start").stdout
        assert home.run("status").returncode == 0
        assert home.run("stop").stdout == "the daemon has stopped\n"
        assert not home.socket.exists()
    assert home.run("stop").stdout == "no daemon runs\n"


def test_without_a_command_quicktype_starts(home: Home) -> None:
    assert "the daemon runs" in home.run().stdout
    assert home.run("status").returncode == 0


def test_status_for_people_and_for_programs(home: Home, daemon: int) -> None:
    home.run("complete", "-", "--draft", "how about sev", given="Ben: what time?")
    said = home.run("status").stdout
    assert f"the daemon runs (pid {daemon}, for " in said
    assert "requests  1" in said
    facts = json.loads(home.run("status", "--json").stdout)
    assert facts["running"] is True
    assert (facts["pid"], facts["model"], facts["requests"]) == (daemon, "parrot", 1)
    assert facts["latency_ms"]["p50"] > 0
    assert facts["learning"] is False


def test_status_of_nobody_as_json(home: Home) -> None:
    done = home.run("status", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout) == {"running": False, "tray": None}
    assert "quicktype start" in done.stderr


def test_a_second_daemon_is_refused_and_the_first_goes_on(home: Home, daemon: int) -> None:
    second = home.run("daemon")
    assert second.returncode == 1
    assert f"already listens at {home.socket} (pid {daemon})" in second.stderr
    assert second.stderr.count("\n") == 1
    assert home.run("status").returncode == 0


def test_a_killed_daemon_leaves_nothing_that_hinders_the_next(home: Home, daemon: int) -> None:
    os.kill(daemon, signal.SIGKILL)
    assert home.socket.exists()
    assert home.run("start").returncode == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_daemon_in_the_foreground_ends_well(home: Home, number: signal.Signals) -> None:
    process = home.begin("daemon")
    assert process.stderr is not None
    assert f"listening at {home.socket} with parrot" in process.stderr.readline()
    process.send_signal(number)
    _, errors = process.communicate(timeout=SECONDS)
    assert process.returncode == 0
    assert "Traceback" not in errors
    assert not home.socket.exists()


def test_a_socket_of_ones_own_choice(home: Home) -> None:
    place = home.socket.with_name("other.sock")
    process = home.begin("daemon", "--socket", str(place))
    assert process.stderr is not None
    assert str(place) in process.stderr.readline()
    assert home.run("status").returncode == 1
    home.environment["QUICKTYPE_SOCKET"] = str(place)
    assert home.run("stop").returncode == 0
    process.communicate(timeout=SECONDS)


def test_a_daemon_that_cannot_start_says_why(home: Home) -> None:
    broken = home.write("broken.safetensors", b"\0" * 100)
    started = home.run("start", "--model", broken)
    assert started.returncode == 1
    last = started.stderr.splitlines()[-1]
    assert last.startswith(f"quicktype: {broken} is not a quicktype weights file")
    assert home.run("status").returncode == 1


def test_the_log_is_private_and_holds_no_text(home: Home, daemon: int) -> None:
    word = "xylophone"
    home.run("complete", "-", "--draft", word, given=f"Ben: {word}")
    home.run("stop")
    log: Path = home.folder / "state" / "quicktype" / "daemon.log"
    assert log.stat().st_mode & 0o077 == 0
    written = log.read_text()
    assert str(home.socket) in written
    assert word not in written
    assert daemon
