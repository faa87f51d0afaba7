"""The app's own part of what works here."""

from __future__ import annotations

from quicktype.protocol import ModelInfo
from ui.app import checks
from ui.app.link import Health, LinkState
from ui.platform.interface import State


def test_the_engine_is_checked_by_its_answers() -> None:
    model = ModelInfo("mine", 1, 1, "")
    ready = checks.of_daemon(LinkState(Health.READY, model=model))
    assert (ready.state, ready.mend) == (State.OK, "")
    assert "mine" in ready.found
    assert checks.of_daemon(LinkState(Health.STARTING)).state is State.WARN
    gone = checks.of_daemon(LinkState(Health.GONE, "no model came with this quicktype"))
    assert gone.state is State.FAIL
    assert gone.found == "no model came with this quicktype"
    assert gone.mend


def test_a_desktop_without_a_tray_is_no_failure() -> None:
    assert checks.of_tray(available=True).state is State.OK
    assert checks.of_tray(available=False).state is State.WARN
