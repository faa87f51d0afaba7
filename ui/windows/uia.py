"""Reads the focused field through UI Automation (comtypes).

Identifiers are those of UIAutomationClient.h. Every call goes to another process and may fail at
any time; whoever calls this takes a failure for a field that says nothing. Never run on Windows.
"""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from quicktype.draft import Draft
from ui.platform.gate import Sight
from ui.platform.interface import App, Field, Font, Reading, Rect, Role, Toolkit, Window
from ui.platform.ledger import Mark
from ui.windows import tree

if TYPE_CHECKING:
    from collections.abc import Callable

    from ui.platform.interface import ScreenConversation
    from ui.windows.windows import Windows

BEFORE, AFTER = 2000, 200
_TIMEOUT_MS = 500
_START, _END, _CHARACTER = 0, 1, 0  # TextPatternRangeEndpoint, TextUnit
_TEXT, _TEXT_EDIT = 10014, 10032  # UIA_TextPatternId, UIA_TextEditPatternId
_FONT_NAME, _IS_READ_ONLY = 40005, 40015  # text attributes
_BOX, _PROCESS, _TYPE, _PASSWORD = 30001, 30002, 30003, 30019
_FRAMEWORK, _VALUE, _VALUE_IS_READ_ONLY = 30024, 30045, 30046
_CLASS = 30012
_PROPERTIES = (_BOX, _PROCESS, _TYPE, _PASSWORD, _FRAMEWORK, _VALUE_IS_READ_ONLY, _CLASS)
_EDIT, _DOCUMENT, _WINDOW = 50004, 50030, 50032
_TOOLKITS = {
    "chrome": Toolkit.CHROMIUM, "gecko": Toolkit.GECKO, "qt": Toolkit.QT, "gtk": Toolkit.GTK,
    "win32": Toolkit.NATIVE, "winform": Toolkit.NATIVE, "wpf": Toolkit.NATIVE,
    "xaml": Toolkit.NATIVE, "directui": Toolkit.NATIVE,
}  # fmt: skip
_TERMINAL_CLASSES = frozenset({"TermControl", "TermControl2"})
_REMEMBERED = 64


@dataclass(frozen=True, slots=True)
class _Passage:
    """The text at the caret."""

    draft: Draft
    selected: int
    caret: Rect | None
    editable: bool
    font: Font


@dataclass(frozen=True, slots=True)
class _Place:
    """Around an element: the page or the window that it is in."""

    site: str
    around: Any


class UiaReader:
    """For the thread that made it; see `ui.platform.watcher.Reader`.

    Raises:
        OSError: UI Automation cannot be had.
    """

    def __init__(self, windows: Windows) -> None:
        self._windows = windows
        self._module, self._uia = _connect()
        self._request = self._uia.CreateCacheRequest()
        for number in _PROPERTIES:
            self._request.AddProperty(number)
        for number in (_TEXT, _TEXT_EDIT):
            self._request.AddPattern(number)
        self._places: dict[str, _Place] = {}
        self._programs: dict[int, str] = {}

    def sight(self, allowed: Callable[[App, str], Reading]) -> Sight | None:
        """See `Reader.sight`."""
        begun = time.monotonic()
        front = self._windows.front()
        if front is None:
            return None
        window, process, terminal = front
        element = self._uia.GetFocusedElementBuildCache(self._request)
        if not element:
            return self._blind(window, process, terminal=terminal, allowed=allowed)
        if element.CachedProcessId == os.getpid():
            return None
        app = self._app(element)
        identity = _identity(element)
        site = self._place(element, identity).site
        may = allowed(app, site)
        role = _role(element, terminal=terminal)
        if role is Role.UNKNOWN:
            return self._blind(window, process, terminal=terminal, allowed=allowed)
        field = Field(identity, 0, app, window, role, box=_box(element), site=site)
        if role is not Role.TEXT or may is Reading.NOTHING:
            return Sight(field, None, may)
        return self._with_text(element, field, may, begun)

    def conversation(self) -> ScreenConversation | None:
        """See `Reader.conversation`."""
        front = self._windows.front()
        element = self._uia.GetFocusedElementBuildCache(self._request)
        if front is None or not element or element.CachedIsPassword:
            return None
        identity, box = _identity(element), _box(element)
        if box is None:
            return None
        around = self._place(element, identity).around
        return tree.conversation(self._uia, around, identity, box, front[0].title)

    def _with_text(self, element: Any, field: Field, may: Reading, begun: float) -> Sight:
        passage = self._passage(element)
        if passage is None or not passage.editable:
            return Sight(_without_text(field), None, may)
        draft = passage.draft
        count = len(draft.before) + len(draft.after) + passage.selected
        box, caret = field.box, passage.caret
        full = Field(
            field.identity, 0, field.app, field.window, Role.TEXT, editable=True, draft=draft,
            selected=passage.selected, composing=self._composing(element),
            multiline=bool(box and caret and box.height >= 2 * caret.height),
            caret=caret, box=box, font=passage.font, site=field.site,
        )  # fmt: skip
        mark = Mark(field.identity, len(draft.before), count, passage.selected, begun)
        return Sight(full, mark, may)

    def _blind(
        self,
        window: Window,
        process: int,
        *,
        terminal: bool,
        allowed: Callable[[App, str], Reading],
    ) -> Sight:
        """Of an app that tells nothing only the window is known."""
        app = App(self._program(process), Toolkit.UNKNOWN, process)
        role = Role.TERMINAL if terminal else Role.UNKNOWN
        return Sight(Field(window.identity, 0, app, window, role), None, allowed(app, ""))

    def _passage(self, element: Any) -> _Passage | None:
        pattern = self._pattern(element, _TEXT, "IUIAutomationTextPattern")
        chosen = pattern.GetSelection() if pattern else None
        if not chosen or not chosen.Length:
            return None
        here, whole = chosen.GetElement(0), pattern.DocumentRange
        before = _stretch(here, _START, -BEFORE, whole)
        after = _stretch(here, _END, AFTER, whole)
        draft = Draft(_tidy(before.GetText(-1)), _tidy(after.GetText(-1)))
        name = here.GetAttributeValue(_FONT_NAME)
        return _Passage(
            draft,
            selected=len(_tidy(here.GetText(BEFORE))),
            caret=_caret(here, draft) or self._windows.caret(),
            editable=_is_editable(element, here),
            font=Font(0.0, name if isinstance(name, str) else ""),
        )

    def _composing(self, element: Any) -> bool:
        """Whether an input method waits for more keys, where the app tells it."""
        pattern = self._pattern(element, _TEXT_EDIT, "IUIAutomationTextEditPattern")
        composition = pattern.GetActiveComposition() if pattern else None
        return bool(composition and composition.GetText(1))

    def _pattern(self, element: Any, number: int, interface: str) -> Any:
        found = element.GetCachedPattern(number)
        return found.QueryInterface(getattr(self._module, interface)) if found else None

    def _app(self, element: Any) -> App:
        process = int(element.CachedProcessId)
        toolkit = _TOOLKITS.get((element.CachedFrameworkId or "").lower(), Toolkit.UNKNOWN)
        return App(self._program(process), toolkit, process)

    def _program(self, process: int) -> str:
        if process not in self._programs:
            if len(self._programs) >= _REMEMBERED:
                self._programs.clear()
            self._programs[process] = self._windows.program(process)
        return self._programs[process]

    def _place(self, element: Any, identity: str) -> _Place:
        if identity not in self._places:
            if len(self._places) >= _REMEMBERED:
                self._places.clear()
            self._places[identity] = self._find_place(element)
        return self._places[identity]

    def _find_place(self, element: Any) -> _Place:
        """The outermost page that an element is in, else its window."""
        walker, site, page, around = self._uia.ControlViewWalker, "", None, element
        above = element
        while above and above.CurrentControlType != _WINDOW:
            around = above
            if above.CurrentControlType == _DOCUMENT:
                host = _host(above.GetCurrentPropertyValue(_VALUE))
                site, page = (host, above) if host else (site, page)
            above = walker.GetParentElement(above)
        return _Place(site, page or above or around)


def _connect() -> tuple[Any, Any]:
    """UI Automation's interfaces and its client object, for this thread.

    Raises:
        OSError: There is no UI Automation, or not for this thread.
    """
    sys.coinit_flags = 0  # type: ignore[attr-defined]  # comtypes reads it: many threads share
    import comtypes  # noqa: PLC0415 - on Windows only
    import comtypes.client  # noqa: PLC0415

    comtypes.CoInitializeEx(comtypes.COINIT_MULTITHREADED)
    module = comtypes.client.GetModule("UIAutomationCore.dll")
    uia = comtypes.client.CreateObject(module.CUIAutomation8, interface=module.IUIAutomation2)
    uia.ConnectionTimeout = uia.TransactionTimeout = _TIMEOUT_MS
    return module, uia


def _identity(element: Any) -> str:
    return ".".join(str(part) for part in element.GetRuntimeId())


def _role(element: Any, *, terminal: bool) -> Role:
    """What an element is for; whether it is editable its text tells."""
    if element.CachedIsPassword:
        return Role.PASSWORD
    if terminal or element.CachedClassName in _TERMINAL_CLASSES:
        return Role.TERMINAL
    if element.GetCachedPattern(_TEXT):
        return Role.TEXT
    # A window or pane that has the focus itself shows what it paints there to nobody.
    return Role.UNKNOWN if element.CachedControlType in {_WINDOW, tree.PANE} else Role.OTHER


def _without_text(field: Field) -> Field:
    return Field(field.identity, 0, field.app, field.window, Role.OTHER, site=field.site)


def _is_editable(element: Any, here: Any) -> bool:
    read_only = here.GetAttributeValue(_IS_READ_ONLY)
    if isinstance(read_only, bool):
        return not read_only
    return element.CachedControlType == _EDIT and not element.GetCachedPropertyValue(
        _VALUE_IS_READ_ONLY
    )


def _box(element: Any) -> Rect | None:
    box = element.CachedBoundingRectangle
    width, height = box.right - box.left, box.bottom - box.top
    return Rect(box.left, box.top, width, height) if width > 0 and height > 0 else None


def _stretch(here: Any, end: int, characters: int, whole: Any) -> Any:
    """The text from one end of a range on, within the field."""
    text = here.Clone()
    other = _END if end == _START else _START
    text.MoveEndpointByRange(other, here, end)
    text.MoveEndpointByUnit(end, _CHARACTER, characters)
    beyond = text.CompareEndpoints(end, whole, end)
    if beyond * characters > 0:
        text.MoveEndpointByRange(end, whole, end)
    return text


def _caret(here: Any, draft: Draft) -> Rect | None:
    """Between the characters around the caret: the one behind it tells, else the one before."""
    text = draft
    if text.after and not text.after.startswith("\n"):
        behind = here.Clone()
        behind.MoveEndpointByRange(_START, here, _END)
        behind.MoveEndpointByUnit(_END, _CHARACTER, 1)
        if boxes := behind.GetBoundingRectangles():
            x, y, _, height = boxes[:4]
            return Rect(round(x), round(y), 1, round(height))
    if text.before and not text.before.endswith("\n"):
        before = here.Clone()
        before.MoveEndpointByRange(_END, here, _START)
        before.MoveEndpointByUnit(_START, _CHARACTER, -1)
        if boxes := before.GetBoundingRectangles():
            x, y, width, height = boxes[-4:]
            return Rect(round(x + width), round(y), 1, round(height))
    return None


def _host(address: object) -> str:
    """The host of a page's address, as browsers tell it: some leave the scheme out."""
    if not isinstance(address, str) or not address:
        return ""
    try:
        return urlsplit(address if "://" in address else f"//{address}").hostname or ""
    except ValueError:
        return ""


def _tidy(text: str) -> str:
    """Text as a person means it."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return lines.replace("\u00a0", " ").replace("\ufffc", "")
