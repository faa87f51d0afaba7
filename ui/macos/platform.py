"""macOS as a `Platform`. Never run on macOS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ui.macos import permissions
from ui.macos.apps import Observers, watch_front
from ui.macos.ax import AxReader, Elements, Identities
from ui.macos.displays import Displays
from ui.macos.hands import MacHands
from ui.macos.tap import Tap
from ui.platform.hooked import HookedPlatform

if TYPE_CHECKING:
    from collections.abc import Callable

    from quicktype.doctor.check import Check
    from ui.platform.hooked import Ears


class MacSystem:
    """See `ui.platform.hooked.System`. The modules are pyobjc's."""

    def __init__(self, appkit: Any, services: Any, quartz: Any, objc: Any) -> None:
        self._appkit, self._services, self._quartz, self._objc = appkit, services, quartz, objc
        self._displays = Displays(quartz)
        self._identities = Identities()
        self._observers: Observers | None = None
        self.hands = MacHands(quartz)

    def units(self, text: str) -> int:
        """Readings are counted in UTF-16 units."""
        return len(text.encode("utf-16-le")) // 2

    def open_reader(self) -> AxReader:
        """The accessibility API, for the thread that calls this."""
        elements = Elements(self._services, self._displays)
        workspace = self._appkit.NSWorkspace.sharedWorkspace()
        pool = self._objc.autorelease_pool
        return AxReader(elements, workspace, self._identities, self._follow, pool)

    def listen(self, ears: Ears) -> Callable[[], None]:
        """See `System.listen`; to be called on the main thread.

        macOS asks the user for the permission that is missing, and nothing works before it is
        given; then everything does, without a new start.
        """
        self._stay_out_of_the_dock()
        permissions.trusted(self._services, ask=True)
        tap = Tap(self._quartz, self.hands, self._displays, ears)
        stop_tap = tap.start()
        observers = Observers(self._services, self._quartz, self._objc, ears.look)
        observers.attach(tap.loop)
        self._observers = observers
        stop_watching = watch_front(self._appkit, ears.look)

        def stop() -> None:
            self._observers = None
            stop_watching()
            stop_tap()

        return stop

    def examine(self) -> tuple[Check, ...]:
        """What works here."""
        return permissions.examine(self._services)

    def clipboard(self) -> str:
        """The text on the pasteboard."""
        board = self._appkit.NSPasteboard.generalPasteboard()
        return str(board.stringForType_(self._appkit.NSPasteboardTypeString) or "")

    def _follow(self, process: int) -> None:
        if self._observers is not None:
            self._observers.follow(process)

    def _stay_out_of_the_dock(self) -> None:
        """A program with windows but without a place in the Dock: it never comes to the front."""
        accessory = self._appkit.NSApplicationActivationPolicyAccessory
        self._appkit.NSApplication.sharedApplication().setActivationPolicy_(accessory)


def open_platform() -> HookedPlatform:
    """The platform of this machine.

    Raises:
        OSError: pyobjc is missing: this is not macOS, or the installation is broken.
    """
    try:
        import AppKit  # noqa: PLC0415 - on macOS only
        import ApplicationServices  # noqa: PLC0415
        import objc  # noqa: PLC0415
        import Quartz  # noqa: PLC0415
    except ImportError as error:
        raise OSError(f"the desktop needs pyobjc: {error}") from error
    return HookedPlatform(MacSystem(AppKit, ApplicationServices, Quartz, objc))
