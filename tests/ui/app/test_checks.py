"""The app's own part of what works here, and the list for the doctor."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator

import pytest

from quicktype.doctor.check import Check, State
from quicktype.protocol import ModelInfo
from tests.ui.app.stand_ins import FakePlatform
from ui.app import backend, checks, instance, mending
from ui.app.instance import TrayReport
from ui.app.link import Health, LinkState


def test_the_engine_is_checked_by_its_answers() -> None:
    model = ModelInfo("mine", 1, 1, "")
    ready = checks.of_daemon(LinkState(Health.READY, model=model))
    assert (ready.state, ready.remedy) == (State.OK, None)
    assert "mine" in ready.found
    assert checks.of_daemon(LinkState(Health.STARTING)).state is State.WARN
    gone = checks.of_daemon(LinkState(Health.GONE, "no model came with this quicktype"))
    assert gone.state is State.FAIL
    assert gone.found == "no model came with this quicktype"
    assert gone.remedy


def test_a_desktop_without_a_tray_is_no_failure() -> None:
    assert checks.of_tray(available=True).state is State.OK
    assert checks.of_tray(available=False).state is State.WARN


def test_a_machine_without_a_desktop_is_fine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend, "has_desktop", lambda: False)
    (only,) = checks.of_desktop()
    assert only.state is State.OK
    assert "quicktype chat" in only.found


def test_a_desktop_that_cannot_be_used_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend, "has_desktop", lambda: True)
    monkeypatch.setenv("DISPLAY", "elsewhere:10.0")
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(backend, "_LIBRARIES", {})
    (only,) = checks.of_desktop()
    assert only.state is State.FAIL
    assert "no network" in only.found


@pytest.fixture
def usable(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakePlatform]:
    """A desktop that is played, with a place for icons, and no tray yet."""
    platform = FakePlatform()
    platform.findings = (Check("text", State.OK, "told"), Check("accept key", State.OK, "free"))
    monkeypatch.setattr(backend, "has_desktop", lambda: True)
    monkeypatch.setattr(backend, "check", lambda: None)
    monkeypatch.setattr(backend, "open_platform", lambda: platform)
    monkeypatch.setattr(checks, "_shows_icons", lambda: True)
    with tempfile.TemporaryDirectory(prefix="qt-") as folder:
        monkeypatch.setenv("QUICKTYPE_SOCKET", f"{folder}/daemon.sock")
        yield platform


def test_the_doctor_sees_the_desktop_and_that_no_tray_runs(usable: FakePlatform) -> None:
    found = {check.name: check for check in checks.of_desktop()}
    assert list(found) == ["text", "accept key", "tray", "tray app"]
    assert (found["tray app"].state, found["tray app"].remedy) == (State.WARN, "quicktype start")


def test_the_tray_knows_better_which_keys_it_did_not_get(usable: FakePlatform) -> None:
    taken = Check("accept key", State.WARN, "not to be had on this keyboard: Tab")
    caret = Check("caret", State.OK, "konversation tells where it is")
    seen = (Check("text", State.FAIL, "long ago"), taken, caret)
    with instance.claimed():
        instance.publish(TrayReport(7, "trouble", "no daemon", ready=True, checks=seen))
        found = {check.name: check for check in checks.of_desktop()}
    assert found["accept key"] == taken
    assert found["text"].state is State.OK
    assert found["caret"] == caret
    assert found["tray app"].state is State.FAIL
    assert "no daemon" in found["tray app"].found


def test_only_what_needs_no_rights_is_mended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    remedies = {
        "gsettings set a b true": True,
        "picom -b": True,
        "sudo apt-get install at-spi2-core": False,
        "choose other keys in the settings": False,
    }
    for remedy, may in remedies.items():
        assert mending.can_mend(Check("it", State.WARN, "", remedy)) is may
    assert not mending.can_mend(Check("it", State.FAIL, ""))


def test_a_remedy_that_fails_says_so() -> None:
    assert mending.mend(Check("it", State.WARN, "", "true")) == ""
    assert mending.mend(Check("it", State.WARN, "", "false")) == "false failed"
    assert "no such command" in mending.mend(
        Check("it", State.WARN, "", "sh -c 'echo no such command >&2; exit 3'")
    )
    assert "quicktype-nowhere" in mending.mend(Check("it", State.WARN, "", "quicktype-nowhere"))
