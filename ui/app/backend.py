"""Which desktop this is."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ui.platform.interface import Platform


class NoDesktopError(OSError):
    """Nothing can be shown here; the message says why, and what to do."""


def has_desktop() -> bool:
    """Whether there is a desktop that quicktype knows how to work on."""
    return sys.platform.startswith("linux") and bool(os.environ.get("DISPLAY"))


def open_platform() -> Platform:
    """The backend for this desktop; raises NoDesktopError."""
    if not sys.platform.startswith("linux"):
        raise NoDesktopError(f"there is no backend for {sys.platform} yet; try: quicktype chat")
    if not os.environ.get("DISPLAY"):
        raise NoDesktopError(
            "there is no desktop here (DISPLAY is not set); try it in the terminal: quicktype chat"
        )
    from ui.x11.platform import X11Platform  # noqa: PLC0415 - other platforms lack its libraries

    return X11Platform()
