"""Windows as a `Platform`. Never run on Windows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quicktype.doctor.check import Check, State
from ui.platform.hooked import HookedPlatform
from ui.windows.api import functions
from ui.windows.hands import WindowsHands
from ui.windows.hooks import Hooks
from ui.windows.keys import Layout
from ui.windows.uia import UiaReader
from ui.windows.windows import Windows

if TYPE_CHECKING:
    from collections.abc import Callable

    from ui.platform.hooked import Ears
    from ui.windows.api import Functions


class WindowsSystem:
    """See `ui.platform.hooked.System`."""

    def __init__(self, calls: Functions) -> None:
        self._calls = calls
        self._layout = Layout(calls)
        self._windows = Windows(calls)
        self.hands = WindowsHands(calls, self._layout)

    def units(self, text: str) -> int:
        """Readings are counted in characters."""
        return len(text)

    def open_reader(self) -> UiaReader:
        """UI Automation, for the thread that calls this."""
        return UiaReader(self._windows)

    def listen(self, ears: Ears) -> Callable[[], None]:
        """See `System.listen`."""
        return Hooks(self._calls, self._layout, self.hands, ears).start()

    def clipboard(self) -> str:
        """The text on the clipboard."""
        return self._windows.clipboard()

    def examine(self) -> tuple[Check, ...]:
        """What works here; apps that run as administrator are out of reach, and none says so."""
        return (Check("keyboard", State.WARN, UNTRIED), self._text())

    def _text(self) -> Check:
        try:
            self.open_reader()
        except (ImportError, OSError) as error:
            return Check("text", State.FAIL, f"UI Automation cannot be had: {error}")
        return Check("text", State.OK, "UI Automation answers")


UNTRIED = "keys are heard by a hook; this was never tried on a real Windows"


def open_platform() -> HookedPlatform:
    """The platform of this machine.

    Raises:
        OSError: This is not Windows.
    """
    return HookedPlatform(WindowsSystem(functions()))
