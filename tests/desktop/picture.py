"""Makes the picture of quicktype at work: `python -P -m tests.desktop.picture FILE.png`.

A real chat page in Chromium on a desktop of its own, daemon and tray as they ship.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.desktop.harness import pictures
from tests.desktop.harness.apps import APPS, RunningApp, Told
from tests.desktop.harness.desktop import Desktop
from tests.desktop.harness.keyboard import Fingers
from tests.desktop.harness.product import Person, started
from ui.x11 import atspi
from ui.x11.bus import Bus

DRAFT = "ok, i'll be there in a f"


def main(path: Path) -> None:
    """Takes it."""
    with (
        tempfile.TemporaryDirectory(prefix="quicktype-picture-") as folder,
        Desktop(Path(folder)) as desktop,
    ):
        _ask_apps_for_their_text(desktop)
        process = desktop.start(
            "chromium", "--no-sandbox", "--test-type", "--no-first-run", "--disable-gpu",
            f"--user-data-dir={folder}/chromium", "--password-store=basic",
            "--window-position=40,40", "--window-size=640,400",
            f"--app={(APPS / 'picture.html').as_uri()}",
        )  # fmt: skip
        app = RunningApp(desktop, process, Told(Path(folder) / "told.jsonl"), "Chat with Maria")
        fingers = Fingers(desktop.environment["DISPLAY"])
        with started(desktop, Path(folder)):
            app.activate()
            fingers.write(DRAFT, every=0.15)
            Person(app, "message", 0, fingers).sees_ghost()
            pictures.save(pictures.look(app.display, app.area()), path)
        fingers.close()
        app.close()


def _ask_apps_for_their_text(desktop: Desktop) -> None:
    """Before the browser starts, which looks at this only then."""
    bus = Bus(desktop.environment["DBUS_SESSION_BUS_ADDRESS"])
    atspi.address(bus)
    atspi.enable(bus)
    bus.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
