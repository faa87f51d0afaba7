"""What apps tell of changes: one observer for the app in front, and the workspace for which it is.

Never run on macOS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_CHANGES = (
    "AXFocusedUIElementChanged", "AXFocusedWindowChanged", "AXSelectedTextChanged",
    "AXValueChanged", "AXLayoutChanged", "AXLiveRegionChanged",
)  # fmt: skip


class Observers:
    """`follow` may be called on every thread; `look` is called on the loop's.

    `services` is pyobjc's module ApplicationServices, `quartz` Quartz, `objc` its own.
    """

    def __init__(self, services: Any, quartz: Any, objc: Any, look: Callable[[], None]) -> None:
        self._ax, self._quartz, self._objc, self._look = services, quartz, objc, look
        self._observer: Any = None
        self._loop: Any = None

    def attach(self, loop: Any) -> None:
        """Notifications come on this run loop's thread."""
        self._loop = loop

    def follow(self, process: int) -> None:
        """Hear of this app's changes, and of no other's any more."""
        if self._loop is None:
            return

        @self._objc.callbackFor(self._ax.AXObserverCreate)  # type: ignore[untyped-decorator]
        def changed(_observer: Any, _element: Any, _notification: Any, _refcon: Any) -> None:
            self._look()

        error, observer = self._ax.AXObserverCreate(process, changed, None)
        if error:
            return
        application = self._ax.AXUIElementCreateApplication(process)
        for name in _CHANGES:  # an app that does not know one refuses it, and that is all
            self._ax.AXObserverAddNotification(observer, application, name, None)
        mode = self._quartz.kCFRunLoopDefaultMode
        if self._observer is not None:
            source = self._ax.AXObserverGetRunLoopSource(self._observer)
            self._quartz.CFRunLoopRemoveSource(self._loop, source, mode)
        source = self._ax.AXObserverGetRunLoopSource(observer)
        self._quartz.CFRunLoopAddSource(self._loop, source, mode)
        self._observer = observer


def watch_front(appkit: Any, look: Callable[[], None]) -> Callable[[], None]:
    """Hear which app comes to the front; to be called on the main thread. Returns what ends it."""
    center = appkit.NSWorkspace.sharedWorkspace().notificationCenter()
    token = center.addObserverForName_object_queue_usingBlock_(
        appkit.NSWorkspaceDidActivateApplicationNotification, None, None, lambda _: look()
    )

    def stop() -> None:
        center.removeObserver_(token)

    return stop
