"""The doctor, called as a person does it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.scenarios.conftest import Home


def test_a_healthy_machine_with_a_daemon(home: Home, daemon: int) -> None:
    done = home.run("doctor")
    assert done.returncode == 0, done.stdout
    lines = done.stdout.splitlines()
    assert not [line for line in lines if line.startswith(("warn", "fail"))]
    assert any(line.startswith(f"ok    daemon         pid {daemon} with parrot") for line in lines)
    assert any(line.startswith("ok    engine") for line in lines)


def test_without_a_daemon_the_way_to_start_it_is_shown(home: Home) -> None:
    done = home.run("doctor")
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith("warn  daemon"))
    assert lines[at + 1].strip() == "→ quicktype start"


def test_damaged_weights_make_it_fail_for_people_and_for_programs(home: Home) -> None:
    damaged = Path(home.environment["QUICKTYPE_MODEL"]).read_bytes()[:-1]
    home.environment["QUICKTYPE_MODEL"] = home.write("damaged.safetensors", damaged)
    people, programs = home.run("doctor"), home.run("doctor", "--json")
    assert people.returncode == programs.returncode == 1
    assert "→ unset QUICKTYPE_MODEL" in people.stdout
    assert "Traceback" not in people.stderr
    report = json.loads(programs.stdout)
    assert report["healthy"] is False
    states = {check["name"]: check["state"] for check in report["checks"]}
    assert states["weights"] == states["new process"] == "fail"
    assert states["packages"] == states["engine"] == "ok"
