"""What works on this X desktop, and what mends what does not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from Xlib import X, error
from Xlib import display as xdisplay

from quicktype.doctor.check import Check, State
from ui.platform.interface import Way
from ui.x11 import atspi
from ui.x11.bus import Bus, Call, first
from ui.x11.xkb import Decoder

if TYPE_CHECKING:
    from ui.platform.interface import Chord
    from ui.x11.eyes import Seen
    from ui.x11.scene import Program


@dataclass(frozen=True, slots=True)
class Experience:
    """What a platform that runs has found out by its work; nothing as long as it has not begun."""

    refused: frozenset[Chord] = frozenset()
    """Keys that are not to be had."""
    lost: bool = False
    """The thread that takes keys and inserts is gone."""
    trouble: str = ""
    """Why the last text did not go in."""
    hung: str = ""
    """The app that does not answer at present."""
    seen: Seen | None = None
    """The field that has the focus."""
    turns: int | None = None
    """Messages in its conversation; None when it was not read yet."""


def findings(display: str, experience: Experience) -> tuple[Check, ...]:
    """One line for each part of which something is known; blocks for a second at most."""
    return (
        _keyboard(display),
        *_text(experience.hung),
        *_field(experience),
        _accept_key(experience),
        _overlay(display),
    )


def _field(experience: Experience) -> list[Check]:
    """What the focused field shows of the app that it is in."""
    seen = experience.seen
    if seen is None or seen.passage is None:
        return []
    program = seen.place.program
    caret = seen.passage.caret is not None or not seen.passage.draft.text
    conversation = [] if experience.turns is None else [_turns(program.app.name, experience.turns)]
    return [
        _caret(program.app.name, told=caret),
        *conversation,
        _inserting(program, experience.trouble),
    ]


def _caret(app: str, *, told: bool) -> Check:
    if told:
        return Check("caret", State.OK, f"{app} tells where it is")
    found = f"{app} does not tell where it is: the ghost stands below the field"
    return Check("caret", State.WARN, found)


def _turns(app: str, turns: int) -> Check:
    if turns:
        return Check("conversation", State.OK, f"{turns} messages are read in {app}")
    return Check("conversation", State.WARN, f"none is seen in {app}: only the draft is known")


def _inserting(program: Program, trouble: str) -> Check:
    if trouble:
        return Check("inserting", State.WARN, f"the last text did not go in: {trouble}")
    how = _HOW[program.traits.ways[0]]
    return Check("inserting", State.OK, f"goes into {program.app.name} {how}")


_HOW = {
    Way.TEXT: "through its accessibility",
    Way.TYPE: "as keys",
    Way.PASTE: "through the clipboard",
}


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


def _text(hung: str) -> list[Check]:
    try:
        session = Bus("SESSION")
    except (OSError, ValueError, KeyError, TimeoutError):
        return [Check("text", State.FAIL, "there is no session bus", "log in to a desktop session")]
    try:
        address, on = atspi.address(session), atspi.enabled(session)
    except ConnectionError as failure:
        return [Check("text", State.FAIL, str(failure), "sudo apt install at-spi2-core")]
    finally:
        session.close()
    if not on:
        mend = "gsettings set org.gnome.desktop.interface toolkit-accessibility true"
        return [Check("text", State.WARN, "apps are not asked to offer their text", mend)]
    if hung:
        return [
            Check("text", State.WARN, f"{hung} does not answer: it is left alone until it does")
        ]
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


def _accept_key(experience: Experience) -> Check:
    if experience.lost:
        return Check(
            "accept key", State.FAIL, "the X server broke off",
            "quicktype stop && quicktype start",
        )  # fmt: skip
    if experience.refused:
        names = ", ".join(sorted(map(str, experience.refused)))
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
