"""What macOS lets us do, and where the user allows it. Never run on macOS."""

from __future__ import annotations

import ctypes
from typing import Any

from quicktype.doctor.check import Check, State

_IOKIT = "/System/Library/Frameworks/IOKit.framework/IOKit"
_LISTEN, _GRANTED = 1, 0  # kIOHIDRequestTypeListenEvent, kIOHIDAccessTypeGranted
_PANE = "open 'x-apple.systempreferences:com.apple.preference.security?Privacy_{}'"


def trusted(services: Any, *, ask: bool) -> bool:
    """Whether we may read and type in other apps; `ask` has macOS show its question once."""
    options = {services.kAXTrustedCheckOptionPrompt: ask}
    return bool(services.AXIsProcessTrustedWithOptions(options))


def may_listen(library: str = _IOKIT) -> bool:
    """Whether we may hear keys that other apps get; True where macOS does not ask about it."""
    try:
        check = ctypes.CDLL(library).IOHIDCheckAccess
    except (OSError, AttributeError):
        return True  # before macOS 10.15
    check.argtypes, check.restype = [ctypes.c_uint32], ctypes.c_uint32
    return bool(check(_LISTEN) == _GRANTED)


def examine(services: Any) -> tuple[Check, ...]:
    """The two permissions, each with the command that opens its page of the System Settings.

    What is to be allowed there is the program that starts quicktype: Python, or the terminal.
    """
    return (_text(services), _keyboard(), _accept_key(services))


def _text(services: Any) -> Check:
    if trusted(services, ask=False):
        return Check("text", State.OK, "apps may be read (Accessibility is allowed)")
    found = "allow Python, or your terminal, under Privacy & Security, Accessibility"
    return Check("text", State.FAIL, found, _PANE.format("Accessibility"))


def _keyboard() -> Check:
    if may_listen():
        found = "keys may be heard (Input Monitoring is allowed); never tried on a real Mac"
        return Check("keyboard", State.WARN, found)
    found = "allow Python, or your terminal, under Privacy & Security, Input Monitoring"
    return Check("keyboard", State.FAIL, found, _PANE.format("ListenEvent"))


def _accept_key(services: Any) -> Check:
    if trusted(services, ask=False):
        return Check("accept key", State.OK, "keys can be taken and typed")
    found = "no key can be taken or typed before Accessibility is allowed"
    return Check("accept key", State.FAIL, found, _PANE.format("Accessibility"))
