"""What the app itself adds to the list of what works here."""

from __future__ import annotations

from ui.app.link import Health, LinkState
from ui.platform.interface import Finding, State

_STATES = {Health.READY: State.OK, Health.STARTING: State.WARN}


def of_daemon(link: LinkState) -> Finding:
    """Whether completions come."""
    state = _STATES.get(link.health, State.FAIL)
    if link.health is Health.READY and link.model is not None:
        return Finding("engine", state, f"the daemon answers with {link.model.name}")
    mend = "" if link.health is Health.STARTING else "quicktype stop; quicktype start"
    return Finding("engine", state, link.words or f"the daemon is {link.health}", mend)


def of_tray(*, available: bool) -> Finding:
    """Whether there is a place for the icon."""
    if available:
        return Finding("tray", State.OK, "there is a place for the icon")
    found = "this desktop shows no icons of programs; everything else works"
    return Finding("tray", State.WARN, found, "on GNOME: install the extension AppIndicator")
