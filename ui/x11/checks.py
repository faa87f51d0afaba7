"""What works on this X desktop, and what mends what does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from Xlib import X, error
from Xlib import display as xdisplay

from quicktype.doctor.check import Check, State
from ui.x11 import atspi
from ui.x11.bus import Bus, Call, first
from ui.x11.xkb import Decoder

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from ui.platform.interface import Chord


def findings(display: str, refused: AbstractSet[Chord]) -> tuple[Check, ...]:
    """One line for each part; blocks for a second at most."""
    return (_keyboard(display), *_text(), _accept_key(refused), _overlay(display))


def _keyboard(name: str) -> Check:
    try:
        display = xdisplay.Display(name)
        recording, typing = display.has_extension("RECORD"), display.has_extension("XTEST")
        display.close()
        Decoder(name).close()
    except (error.DisplayError, OSError) as failure:
        return Check("keyboard", State.FAIL, str(failure), "sudo apt install libxkbcommon-x11-0")
    if not recording or not typing:
        missing = "RECORD" if not recording else "XTEST"
        return Check("keyboard", State.FAIL, f"the X server lacks its {missing} extension")
    return Check("keyboard", State.OK, "keys are seen, and can be typed")


def _text() -> list[Check]:
    try:
        session = Bus("SESSION")
    except (OSError, ValueError, KeyError, TimeoutError):
        return [
            Check("text", State.FAIL, "there is no session bus", "log in to a desktop session")
        ]
    try:
        address, on = atspi.address(session), atspi.enabled(session)
    except ConnectionError as failure:
        return [Check("text", State.FAIL, str(failure), "sudo apt install at-spi2-core")]
    finally:
        session.close()
    if not on:
        mend = "gsettings set org.gnome.desktop.interface toolkit-accessibility true"
        return [Check("text", State.WARN, "apps are not asked to offer their text", mend)]
    return [_apps(address)]


def _apps(address: str) -> Check:
    bus = Bus(address)
    try:
        apps = first(bus.one(Call(atspi.DESKTOP, atspi.ACCESSIBLE, "GetChildren")), ())
    except ConnectionError as failure:
        return Check("text", State.FAIL, str(failure), "log out and in again")
    finally:
        bus.close()
    return Check("text", State.OK, f"{len(apps)} apps offer their text")


def _accept_key(refused: AbstractSet[Chord]) -> Check:
    if refused:
        names = ", ".join(sorted(map(str, refused)))
        mend = "choose other keys in the settings"
        return Check("accept key", State.WARN, f"not to be had on this keyboard: {names}", mend)
    return Check("accept key", State.OK, "free")


def _overlay(name: str) -> Check:
    try:
        display = xdisplay.Display(name)
    except error.DisplayError as failure:
        return Check("overlay", State.FAIL, str(failure))
    atom = display.intern_atom(f"_NET_WM_CM_S{display.get_default_screen()}")
    composited = display.get_selection_owner(atom) != X.NONE
    display.close()
    if composited:
        return Check("overlay", State.OK, "a compositor runs: the ghost is translucent")
    return Check("overlay", State.WARN, "no compositor: the ghost has a background", "picom -b")
