"""Which desktop this is, and whether it has what Qt needs. No Qt here."""

from __future__ import annotations

import ctypes
import os
import re
import socket
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ui.platform.interface import Platform

_LOCAL = re.compile(r"(?:unix/?)?:(\d+)(?:\.\d+)?")
_LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libfontconfig.so.1": "libfontconfig1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
}
"""What Qt takes from the system on Linux, and the package of Debian and Ubuntu that has it."""


class NoDesktopError(OSError):
    """Nothing can be shown here; the message says why, and what to do."""


def has_desktop() -> bool:
    """Whether there is a desktop that quicktype knows how to work on."""
    return sys.platform.startswith("linux") and bool(os.environ.get("DISPLAY"))


def check() -> None:
    """Raises NoDesktopError where the tray could not run."""
    if not sys.platform.startswith("linux"):
        raise NoDesktopError(f"there is no backend for {sys.platform} yet; try: quicktype chat")
    if not os.environ.get("DISPLAY"):
        raise NoDesktopError(
            "there is no desktop here (DISPLAY is not set); try it in the terminal: quicktype chat"
        )
    missing = [package for library, package in _LIBRARIES.items() if not _loads(library)]
    if missing:
        names = " ".join(missing)
        raise NoDesktopError(f"the desktop needs libraries: sudo apt-get install {names}")
    _check_display(os.environ["DISPLAY"])


def open_platform() -> Platform:
    """The backend for this desktop."""
    from ui.x11.platform import X11Platform  # noqa: PLC0415 - other platforms lack its libraries

    return X11Platform()


def _check_display(name: str) -> None:
    """Qt would end the process where nobody answers, and libraries would try the internet."""
    number = _LOCAL.fullmatch(name)
    if number is None:
        raise NoDesktopError(
            f"the display {name} is another machine's; quicktype uses no network, start it there"
        )
    path = f"/tmp/.X11-unix/X{number[1]}"  # noqa: S108 - where X servers listen
    if not any(_answers(place) for place in ("\0" + path, path)):
        raise NoDesktopError(
            f"the display {name} does not answer; try it in the terminal: quicktype chat"
        )


def _answers(place: str) -> bool:
    with socket.socket(socket.AF_UNIX) as client, suppress(OSError):
        client.connect(place)
        return True
    return False


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True
