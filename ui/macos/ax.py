"""Reads the focused field through the accessibility API (pyobjc's ApplicationServices).

Names of attributes and roles are those of AXAttributeConstants.h and AXRoleConstants.h, and of what
browsers add to them. Offsets are UTF-16 units. Never run on macOS.
"""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING, Any

from quicktype.draft import Draft
from ui.macos import tree
from ui.platform.gate import Sight
from ui.platform.interface import App, Field, Font, Reading, Rect, Role, Toolkit, Window
from ui.platform.ledger import Mark

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from ui.macos.displays import Displays
    from ui.platform.interface import ScreenConversation

BEFORE, AFTER = 2000, 200
_TIMEOUT_S = 0.2
_TEXT_ROLES = frozenset({"AXTextField", "AXTextArea", "AXComboBox", "AXSearchField"})
_SECURE = "AXSecureTextField"
_TERMINALS = frozenset(
    {
        "com.apple.Terminal", "com.googlecode.iterm2", "net.kovidgoyal.kitty", "org.alacritty",
        "com.github.wez.wezterm", "com.mitchellh.ghostty", "dev.warp.Warp-Stable", "co.zeit.hyper",
    }
)  # fmt: skip
_CHROMIUM = (
    "com.google.Chrome", "org.chromium.", "com.microsoft.edgemac", "com.brave.", "com.vivaldi.",
    "com.operasoftware.", "com.tinyspeck.slackmacgap", "com.hnc.Discord", "com.microsoft.teams",
    "org.whispersystems.signal-desktop", "com.electron.",
)  # fmt: skip
_GECKO = ("org.mozilla.", "net.waterfox.")
_DEEPEST = 80
_REMEMBERED = 64


class Identities:
    """Names for elements that have none; shared by all threads, which thus agree on them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[Any, str] = {}
        self._count = 0

    def of(self, element: Any) -> str:
        """The same name for the same element (pyobjc compares and hashes them as CFEqual does)."""
        with self._lock:
            if element not in self._known:
                while len(self._known) >= _REMEMBERED:
                    self._known.pop(next(iter(self._known)))
                self._count += 1
                self._known[element] = f"ax{self._count}"
            return self._known[element]


class Elements:
    """Asks elements. `services` is pyobjc's module ApplicationServices."""

    def __init__(self, services: Any, displays: Displays) -> None:
        self._ax, self._displays = services, displays

    def application(self, process: int) -> Any:
        """An app's element; it has a moment for each answer."""
        found = self._ax.AXUIElementCreateApplication(process)
        self._ax.AXUIElementSetMessagingTimeout(found, _TIMEOUT_S)
        return found

    def get(self, element: Any, name: str) -> Any:
        """An attribute; None when there is none, or the app does not answer."""
        error, found = self._ax.AXUIElementCopyAttributeValue(element, name, None)
        return None if error else found

    def put(self, element: Any, name: str, value: object) -> None:
        """Set an attribute, where the app knows it."""
        self._ax.AXUIElementSetAttributeValue(element, name, value)

    def settable(self, element: Any, name: str) -> bool:
        """Whether an attribute may be set."""
        error, found = self._ax.AXUIElementIsAttributeSettable(element, name, None)
        return not error and bool(found)

    def selection(self, element: Any) -> tuple[int, int] | None:
        """Where the selection begins, and how long it is."""
        found = self._value(self.get(element, "AXSelectedTextRange"), "kAXValueCFRangeType")
        return (int(found[0]), int(found[1])) if found is not None else None

    def text(self, element: Any, start: int, length: int) -> str | None:
        """A part of an element's text; None when it tells none."""
        if length <= 0:
            return ""
        found = self._of_range(element, "AXStringForRange", start, length)
        return None if found is None else str(found)

    def bounds(self, element: Any, start: int, length: int) -> Rect | None:
        """Where a part of an element's text stands."""
        found = self._of_range(element, "AXBoundsForRange", start, length)
        rect = self._value(found, "kAXValueCGRectType")
        if rect is None:
            return None
        (x, y), (width, height) = rect
        return self._displays.pixels(x, y, width, height) if height > 0 else None

    def box(self, element: Any) -> Rect | None:
        """Where an element stands."""
        place = self._value(self.get(element, "AXPosition"), "kAXValueCGPointType")
        size = self._value(self.get(element, "AXSize"), "kAXValueCGSizeType")
        if place is None or size is None or not size[1]:
            return None
        return self._displays.pixels(place[0], place[1], size[0], size[1])

    def _of_range(self, element: Any, name: str, start: int, length: int) -> Any:
        part = self._ax.AXValueCreate(self._ax.kAXValueCFRangeType, (start, length))
        ask = self._ax.AXUIElementCopyParameterizedAttributeValue
        error, found = ask(element, name, part, None)
        return None if error else found

    def _value(self, wrapped: Any, kind: str) -> Any:
        """What an AXValue holds."""
        if wrapped is None:
            return None
        right, found = self._ax.AXValueGetValue(wrapped, getattr(self._ax, kind), None)
        return found if right else None


class AxReader:
    """For the thread that made it; see `ui.platform.watcher.Reader`."""

    def __init__(
        self,
        elements: Elements,
        workspace: Any,
        identities: Identities,
        follow: Callable[[int], None],
        pool: Callable[[], AbstractContextManager[object]],
    ) -> None:
        """`workspace` is NSWorkspace's one object; `follow` hears of each app that comes.

        `pool` frees what one reading borrowed: threads of ours have no pool by themselves.
        """
        self._elements, self._workspace, self._identities = elements, workspace, identities
        self._follow, self._pool = follow, pool
        self._process = 0
        self._sites: dict[str, tuple[str, Any]] = {}

    def sight(self, allowed: Callable[[App, str], Reading]) -> Sight | None:
        """See `Reader.sight`."""
        with self._pool():
            return self._sight(allowed)

    def conversation(self) -> ScreenConversation | None:
        """See `Reader.conversation`."""
        with self._pool():
            return self._conversation()

    def _sight(self, allowed: Callable[[App, str], Reading]) -> Sight | None:
        begun = time.monotonic()
        front = self._workspace.frontmostApplication()
        if front is None or front.processIdentifier() == os.getpid():
            return None
        process, bundle = int(front.processIdentifier()), str(front.bundleIdentifier() or "")
        application = self._elements.application(process)
        self._arrive(process, application)
        app = App(_program(front), _toolkit(bundle), process)
        window = self._window(application, process)
        element = self._elements.get(application, "AXFocusedUIElement")
        if bundle in _TERMINALS or element is None:
            role = Role.TERMINAL if bundle in _TERMINALS else Role.UNKNOWN
            blind = Field(window.identity, 0, app, window, role)
            return Sight(blind, None, allowed(app, ""))
        identity = self._identities.of(element)
        site, _ = self._place(element, identity)
        may = allowed(app, site)
        role, box = self._role(element), self._elements.box(element)
        field = Field(identity, 0, app, window, role, box=box, site=site)
        if role is not Role.TEXT or may is Reading.NOTHING:
            return Sight(field, None, may)
        return self._with_text(element, field, may, begun)

    def _conversation(self) -> ScreenConversation | None:
        front = self._workspace.frontmostApplication()
        if front is None or front.processIdentifier() == os.getpid():
            return None
        process = int(front.processIdentifier())
        application = self._elements.application(process)
        element = self._elements.get(application, "AXFocusedUIElement")
        box = self._elements.box(element) if element is not None else None
        if box is None or self._role(element) is not Role.TEXT:
            return None
        identity = self._identities.of(element)
        _, around = self._place(element, identity)
        title = self._window(application, process).title
        return tree.conversation(self._elements, around, element, identity, box, title)

    def _arrive(self, process: int, application: Any) -> None:
        """Another app came to the front: hear of its changes, and have it tell its text."""
        if process != self._process:
            self._process = process
            self._elements.put(application, "AXManualAccessibility", True)
            self._follow(process)

    def _window(self, application: Any, process: int) -> Window:
        window = self._elements.get(application, "AXFocusedWindow")
        if window is None:
            return Window(f"pid{process}")
        title = self._elements.get(window, "AXTitle")
        return Window(self._identities.of(window), str(title or ""))

    def _role(self, element: Any) -> Role:
        kinds = {self._elements.get(element, name) for name in ("AXRole", "AXSubrole")}
        if _SECURE in kinds:
            return Role.PASSWORD
        editable = kinds & _TEXT_ROLES and self._elements.settable(element, "AXValue")
        return Role.TEXT if editable else Role.OTHER

    def _with_text(self, element: Any, field: Field, may: Reading, begun: float) -> Sight:
        ask = self._elements
        selection, count = ask.selection(element), ask.get(element, "AXNumberOfCharacters")
        if selection is None or count is None:
            return Sight(field, None, may)
        start, selected = selection
        end, first = start + selected, max(0, start - BEFORE)
        before = ask.text(element, first, start - first)
        after = ask.text(element, end, min(AFTER, int(count) - end))
        if before is None or after is None:
            return Sight(field, None, may)
        draft = Draft(_tidy(before), _tidy(after))
        caret = self._caret(element, start, draft)
        box = field.box
        full = Field(
            field.identity, 0, field.app, field.window, Role.TEXT, editable=True, draft=draft,
            selected=selected, composing=self._composing(element),
            multiline=bool(box and caret and box.height >= 2 * caret.height),
            caret=caret, box=box, font=Font(), site=field.site,
        )  # fmt: skip
        return Sight(full, Mark(field.identity, start, int(count), selected, begun), may)

    def _caret(self, element: Any, start: int, draft: Draft) -> Rect | None:
        """Between the characters around the caret: the one behind it tells, else the one before."""
        if draft.after and not draft.after.startswith("\n"):
            found = self._elements.bounds(element, start, 1)
            if found is not None:
                return Rect(found.x, found.y, 1, found.height)
        if draft.before and not draft.before.endswith("\n"):
            found = self._elements.bounds(element, start - 1, 1)
            if found is not None:
                return Rect(found.x + found.width, found.y, 1, found.height)
        return None

    def _composing(self, element: Any) -> bool:
        """Whether an input method waits for more keys; only browsers tell it."""
        marked = self._elements.get(element, "AXTextInputMarkedRange")
        return marked is not None

    def _place(self, element: Any, identity: str) -> tuple[str, Any]:
        """The host of the outermost page that an element is in, and that page, else its window."""
        if identity not in self._sites:
            if len(self._sites) >= _REMEMBERED:
                self._sites.clear()
            self._sites[identity] = self._find_place(element)
        return self._sites[identity]

    def _find_place(self, element: Any) -> tuple[str, Any]:
        site, page, above = "", None, element
        for _ in range(_DEEPEST):
            parent = self._elements.get(above, "AXParent")
            if parent is None or self._elements.get(parent, "AXRole") == "AXApplication":
                break
            above = parent
            if self._elements.get(above, "AXRole") == "AXWebArea":
                address = self._elements.get(above, "AXURL")
                host = str(address.host() or "") if address is not None else ""
                site, page = (host, above) if host else (site, page)
        return site, page if page is not None else above


def _program(front: Any) -> str:
    """The name of an app's program, which no language changes."""
    address = front.executableURL()
    name = address.lastPathComponent() if address is not None else front.localizedName()
    return str(name or "").lower()


def _toolkit(bundle: str) -> Toolkit:
    if bundle.startswith(_CHROMIUM):
        return Toolkit.CHROMIUM
    return Toolkit.GECKO if bundle.startswith(_GECKO) else Toolkit.NATIVE


def _tidy(text: str) -> str:
    """Text as a person means it."""
    return text.replace("\u00a0", " ").replace("\ufffc", "")
