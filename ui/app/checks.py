"""What the app itself adds to the list of what works here, and the whole list for `doctor`."""

from __future__ import annotations

from quicktype.doctor.check import Check, State
from ui.app import backend, instance
from ui.app.link import Health, LinkState

_STATES = {Health.READY: State.OK, Health.STARTING: State.WARN}
_ACCEPT_KEY = "accept key"


def of_desktop() -> tuple[Check, ...]:
    """What works on this desktop, for a process that is not the tray; blocks for 3 seconds at most.

    A machine without a desktop is fine: there is the terminal.
    """
    if not backend.has_desktop():
        found = "there is none here; in the terminal: quicktype chat"
        return backend.of_session() or (Check("desktop", State.OK, found),)
    try:
        backend.check()
    except backend.NoDesktopError as error:
        return (Check("desktop", State.FAIL, str(error)),)
    report = instance.running()
    mine = _with_what_the_tray_saw(backend.open_platform().examine(), report)
    return (*backend.of_session(), *mine, of_tray(available=_shows_icons()), _of_process(report))


def of_daemon(link: LinkState) -> Check:
    """Whether completions come."""
    state = _STATES.get(link.health, State.FAIL)
    if link.health is Health.READY and link.model is not None:
        return Check("engine", state, f"the daemon answers with {link.model.name}")
    remedy = None if link.health is Health.STARTING else "quicktype stop && quicktype start"
    return Check("engine", state, link.words or f"the daemon is {link.health}", remedy)


def of_tray(*, available: bool) -> Check:
    """Whether there is a place for the icon."""
    if available:
        return Check("tray", State.OK, "there is a place for the icon")
    found = "this desktop shows no icons of programs; all else works, and GNOME has an extension"
    remedy = "sudo apt-get install gnome-shell-extension-appindicator"
    return Check("tray", State.WARN, found, remedy)


def _with_what_the_tray_saw(
    checks: tuple[Check, ...], report: instance.TrayReport | None
) -> tuple[Check, ...]:
    """Only who takes the keys knows which it did not get, and what the last text field told."""
    seen = report.checks if report is not None else ()
    names = {check.name for check in checks}
    keys = {check.name: check for check in seen if check.name == _ACCEPT_KEY}
    known = tuple(keys.get(check.name, check) for check in checks)
    return (*known, *(check for check in seen if check.name not in names))


def _of_process(report: instance.TrayReport | None) -> Check:
    """Whether the tray runs, and what it says."""
    if report is None:
        return Check("tray app", State.WARN, "it does not run", "quicktype start")
    state = State.FAIL if report.state == "trouble" else State.OK
    return Check("tray app", state, f"pid {report.pid}: {report.line}")


def _shows_icons() -> bool:
    from PySide6.QtWidgets import QApplication, QSystemTrayIcon  # noqa: PLC0415 - 40 MB

    _qt = QApplication.instance() or QApplication(["quicktype"])
    return QSystemTrayIcon.isSystemTrayAvailable()
