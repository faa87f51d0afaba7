"""One desktop for all tests here; apps are started once."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.desktop.harness.apps import (
    RunningApp,
    Told,
    WebChat,
    start_chromium,
    start_gtk_entry,
    start_qt_chat,
    start_xterm,
)
from tests.desktop.harness.desktop import Desktop
from tests.desktop.harness.keyboard import Fingers
from tests.desktop.harness.suggester import Suggester
from ui.x11 import atspi
from ui.x11.bus import Bus
from ui.x11.platform import X11Platform


@pytest.fixture(scope="session")
def desktop() -> Iterator[Desktop]:
    """The private desktop; this process lives on it too, for the time of the tests here."""
    with (
        tempfile.TemporaryDirectory(prefix="quicktype-desktop-") as folder,
        Desktop(Path(folder)) as running,
        pytest.MonkeyPatch.context() as patch,
    ):
        for name in ("DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR"):
            patch.setenv(name, running.environment[name])
        bus = Bus(running.environment["DBUS_SESSION_BUS_ADDRESS"])
        atspi.address(bus)
        atspi.enable(bus)
        bus.close()
        yield running


@pytest.fixture(scope="session")
def qt_chat(desktop: Desktop) -> Iterator[RunningApp]:
    app = start_qt_chat(desktop)
    yield app
    app.close()


@pytest.fixture(scope="session")
def gtk_entry(desktop: Desktop) -> Iterator[RunningApp]:
    app = start_gtk_entry(desktop)
    yield app
    app.close()


@pytest.fixture(scope="session")
def browsers(desktop: Desktop) -> Iterator[Callable[[], RunningApp]]:
    """Gives the one that runs.

    It is started again when it has ended: Chromium 156 crashes now and then in its own main loop
    (SIGSEGV, with no call of its accessibility interface on the stack) while it is typed into.
    """
    told = Told(desktop.home / "web_chat.jsonl")
    server, started = WebChat(told), list[RunningApp]()

    def running() -> RunningApp:
        if not started or started[-1].process.poll() is not None:
            started.append(start_chromium(desktop, server.address, told))
        return started[-1]

    yield running
    for app in started:
        app.close()
    server.close()


@pytest.fixture
def web_chat(browsers: Callable[[], RunningApp]) -> RunningApp:
    return browsers()


@pytest.fixture(scope="session")
def xterm(desktop: Desktop) -> Iterator[RunningApp]:
    app = start_xterm(desktop)
    yield app
    app.close()


@pytest.fixture
def fingers(desktop: Desktop) -> Iterator[Fingers]:
    keyboard = Fingers(desktop.environment["DISPLAY"])
    yield keyboard
    keyboard.close()


@pytest.fixture
def platform(desktop: Desktop) -> Iterator[X11Platform]:
    """It waits longer for what was typed than a person would like: the machine may be slow."""
    platform = X11Platform(patience=0.6)
    yield platform
    platform.stop()


@pytest.fixture
def suggester(platform: X11Platform) -> Suggester:
    """The platform, started, with a listener."""
    suggester = Suggester(platform.hook)
    platform.start(suggester)
    return suggester
