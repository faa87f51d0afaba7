"""The active window as the window manager tells it, for apps that tell nothing themselves."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from Xlib import X, error
from Xlib import display as xdisplay

from ui.platform.interface import App, Rect, Window

if TYPE_CHECKING:
    from collections.abc import Callable

_SELECTION, _PREFIX = "_NET_WM_CM_S{}", "x11:"
_TOPMOST = 12
_LARGE = 0.5
"""Smaller ones without a manager are menus, tooltips and our own ghost: a locker lies below."""


class Windows:
    """A connection of its own that asks about windows; safe on every thread."""

    def __init__(self, name: str) -> None:
        """Connect.

        Raises:
            OSError: No display answers.
        """
        try:
            self._display: Any = xdisplay.Display(name)
        except error.DisplayError as failure:
            raise OSError(f"no X display answers at {name!r}") from failure
        self._root: Any = self._display.screen().root
        self._lock = threading.Lock()

    def close(self) -> None:
        """End the connection."""
        with self._lock:
            self._display.close()

    def active(self) -> tuple[App, Window] | None:
        """The app and the window that have the focus; None when no window has."""
        with self._lock:
            found = self._property(self._root, "_NET_ACTIVE_WINDOW")
            if not found or not found[0]:
                return None
            window = self._display.create_resource_object("window", found[0])
            try:
                return self._app(window), Window(f"{_PREFIX}{found[0]:x}", self._title(window))
            except error.BadWindow:
                return None

    def rectangle(self, window: Window) -> Rect | None:
        """Where a window is on the screen now, without frame and shadow; None when it is gone."""
        with self._lock:
            number = int(window.identity.removeprefix(_PREFIX), 16)
            found = self._display.create_resource_object("window", number)
            try:
                size, corner = found.get_geometry(), self._root.translate_coords(found, 0, 0)
            except (error.BadWindow, error.BadDrawable):
                return None
            shadow = self._property(found, "_GTK_FRAME_EXTENTS") or (0, 0, 0, 0)
            left, right, top, bottom = shadow
            return Rect(
                corner.x + left, corner.y + top,
                size.width - left - right, size.height - top - bottom,
            )  # fmt: skip

    def composited(self) -> bool:
        """Whether a compositor runs."""
        with self._lock:
            atom = self._display.intern_atom(_SELECTION.format(self._display.get_default_screen()))
            return bool(self._display.get_selection_owner(atom) != X.NONE)

    def _app(self, window: Any) -> App:
        wm_class = window.get_wm_class()
        pid = self._property(window, "_NET_WM_PID")
        return App((wm_class[1] if wm_class else "").lower(), pid=pid[0] if pid else 0)

    def _title(self, window: Any) -> str:
        name = self._property(window, "_NET_WM_NAME") or window.get_wm_name() or ""
        return name.decode(errors="replace") if isinstance(name, bytes) else str(name)

    def _property(self, window: Any, name: str) -> Any:
        found = window.get_full_property(self._display.intern_atom(name), X.AnyPropertyType)
        return found.value if found else None


@dataclass(frozen=True, slots=True)
class Locked:
    """A window without a manager came to cover the whole screen (a locker's), or is gone."""

    now: bool


class DesktopWatch:
    """Tells when another window is active, the keyboard has another layout, the screen is locked.

    It has a thread and a connection of its own. The layout is heard of here because the server does
    not tell it in this form to a connection that knows the XKB extension.
    """

    def __init__(
        self,
        name: str,
        changed: Callable[[], None],
        remapped: Callable[[Any], None],
        tell: Callable[[Locked], None],
    ) -> None:
        self._display: Any = xdisplay.Display(name)
        self._root: Any = self._display.screen().root
        self._atom = self._display.intern_atom("_NET_ACTIVE_WINDOW")
        self._changed, self._remapped, self._tell = changed, remapped, tell
        self._locked = False
        self._root.change_attributes(event_mask=X.PropertyChangeMask | X.SubstructureNotifyMask)
        self._display.sync()
        self._thread = threading.Thread(target=self._run, name="quicktype-windows", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End it."""
        self._display.display.socket.shutdown(2)
        self._thread.join(2.0)

    def _run(self) -> None:
        try:
            self._look_for_locker()
            while True:
                event = self._display.next_event()
                if event.type == X.PropertyNotify and event.atom == self._atom:
                    self._changed()
                elif event.type == X.MappingNotify:
                    self._remapped(event)
                elif self._may_lock(event):
                    self._look_for_locker()
        except (error.ConnectionClosedError, OSError):
            self._display.display.socket.close()

    def _may_lock(self, event: Any) -> bool:
        """Whether the screen may be locked now and was not, or the other way round."""
        if event.type in {X.UnmapNotify, X.DestroyNotify}:
            return self._locked
        if event.type in {X.MapNotify, X.ConfigureNotify}:
            return bool(event.override)
        return False

    def _look_for_locker(self) -> None:
        locked = self._covered()
        if locked != self._locked:
            self._locked = locked
            self._tell(Locked(locked))

    def _covered(self) -> bool:
        """Whether the topmost window of any size covers the whole screen without a manager."""
        whole = self._root.get_geometry()
        for window in reversed(self._root.query_tree().children[-_TOPMOST:]):
            try:
                looks, size = window.get_attributes(), window.get_geometry()
            except (error.BadWindow, error.BadDrawable):
                continue
            small = size.width < _LARGE * whole.width or size.height < _LARGE * whole.height
            if looks.map_state != X.IsViewable or (small and looks.override_redirect):
                continue
            fills = size.width >= whole.width and size.height >= whole.height
            return bool(looks.override_redirect and fills)
        return False
