"""The tray as a process that tells when its ghosts are painted, and which; else as always."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from ui.app import backend, instance, logs
from ui.app.run import run

if TYPE_CHECKING:
    from ui.app.application import Application


def main() -> int:
    """Writes a line of JSON for each ghost: when, by `time.monotonic()`, and its text."""
    logs.keep_quiet()
    with instance.claimed():
        backend.check()
        return run(_watch)


def _watch(application: Application) -> None:
    window = application.overlay.window

    def tell(at: float) -> None:
        text = window.ghost.text if window.ghost is not None else ""
        print(json.dumps({"at": at, "text": text}), flush=True)

    window.painted.connect(tell)


if __name__ == "__main__":
    sys.exit(main())
