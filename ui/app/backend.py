"""Which desktop this is, and whether it has what Qt needs. No Qt here."""

from __future__ import annotations

import ctypes
import os
import re
import socket
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from quicktype.doctor.check import Check, State

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


_ALWAYS_A_DESKTOP = frozenset({"win32", "darwin"})
_X_SESSION = "log out, and choose a session on Xorg where you log in"


class NoDesktopError(OSError):
    """Nothing can be shown here; the message says why, and what to do."""


def has_desktop() -> bool:
    """Whether there is a desktop that quicktype knows how to work on."""
    return sys.platform in _ALWAYS_A_DESKTOP or _has_display()


def on_wayland() -> bool:
    """Whether this is a Wayland session, with X11 apps in it (DISPLAY) or without."""
    told = os.environ.get("WAYLAND_DISPLAY") or os.environ.get("XDG_SESSION_TYPE") == "wayland"
    return sys.platform.startswith("linux") and bool(told)


def of_session() -> tuple[Check, ...]:
    """What a Wayland session does not let us do; nothing where there is nothing to say."""
    if not on_wayland():
        return ()
    served = "only X11 apps get suggestions" if _has_display() else "nothing works"
    found = f"{served}: Wayland keeps keys, the caret's place and windows' places from programs"
    return (Check("session", State.WARN, found, _X_SESSION),)


def check() -> None:
    """Raises NoDesktopError where the tray could not run."""
    if sys.platform in _ALWAYS_A_DESKTOP:
        return
    if not sys.platform.startswith("linux"):
        raise NoDesktopError(f"there is no backend for {sys.platform}; try: quicktype chat")
    if on_wayland() and not _has_display():
        raise NoDesktopError(
            "Wayland lets no program see keys and carets of others, and there is no XWayland here; "
            f"{_X_SESSION}, or try it in the terminal: quicktype chat"
        )
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
    """The backend for this desktop; no other's libraries need be there.

    Raises:
        OSError: What it is made of is missing.
    """
    if sys.platform == "win32":
        from ui.windows import platform as windows  # noqa: PLC0415

        return windows.open_platform()
    if sys.platform == "darwin":
        from ui.macos import platform as macos  # noqa: PLC0415

        return macos.open_platform()
    from ui.x11.platform import X11Platform  # noqa: PLC0415

    # In a Wayland session Qt's own choice would be windows that cannot be put at a caret.
    os.environ.setdefault("QT_QPA_PLATFORM", "xcb")
    return X11Platform()


def _has_display() -> bool:
    return sys.platform.startswith("linux") and bool(os.environ.get("DISPLAY"))


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
