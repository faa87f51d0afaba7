"""What breaks around quicktype mends itself."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from quicktype.doctor.check import State
from tests.desktop.harness.apps import start_gtk_entry
from tests.desktop.harness.desktop import Desktop
from tests.desktop.harness.keyboard import Fingers
from tests.desktop.harness.story import Story
from tests.desktop.harness.suggester import Suggester
from tests.desktop.harness.waiting import wait_for
from ui.x11.bus import Bus, Call, Ref, first
from ui.x11.platform import X11Platform


@pytest.fixture
def another_desktop(monkeypatch: pytest.MonkeyPatch) -> Iterator[Desktop]:
    """One that may be damaged."""
    with (
        tempfile.TemporaryDirectory(prefix="quicktype-desktop-") as folder,
        Desktop(Path(folder)) as running,
    ):
        for name in ("DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR"):
            monkeypatch.setenv(name, running.environment[name])
        yield running


def test_the_accessibility_bus_is_restarted(another_desktop: Desktop) -> None:
    """It is said, and the apps that start afterwards are read."""
    platform = X11Platform()
    suggester = Suggester(platform.hook)
    platform.start(suggester)
    fingers = Fingers(another_desktop.environment["DISPLAY"])
    try:
        story = Story(start_gtk_entry(another_desktop), "line", 0, fingers, suggester, platform)
        story.begin()
        story.app.close()
        address = platform._eyes.address
        suggester.findings = ()
        os.kill(_launcher(), signal.SIGTERM)
        wait_for(lambda: suggester.findings, "a word about it")
        wait_for(lambda: platform._eyes.address not in {"", address}, "the new bus")
        story = Story(start_gtk_entry(another_desktop), "line", 0, fingers, suggester, platform)
        story.begin()
        story.type("at the usu")
        story.is_offered("al place at eight")
        story.app.close()
        states = {finding.name: finding.state for finding in platform.examine()}
        assert states["text"] is State.OK
    finally:
        fingers.close()
        platform.stop()


def _launcher() -> int:
    """The process that owns the accessibility bus."""
    session = Bus("SESSION")
    daemon = Ref("org.freedesktop.DBus", "/org/freedesktop/DBus")
    asked = Call(daemon, daemon.owner, "GetConnectionUnixProcessID", "s", ("org.a11y.Bus",))
    try:
        return int(first(session.one(asked)))
    finally:
        session.close()
