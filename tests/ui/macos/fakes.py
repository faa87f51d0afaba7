"""A macOS that exists in memory only: Quartz, the accessibility API and AppKit."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

LETTER = 8
"""Points that each UTF-16 unit takes across; lines are 16 high."""


@dataclass
class Event:
    """A key or a click."""

    kind: int = 10
    code: int = 0
    flags: int = 0
    text: str = ""
    mark: int = 0
    pressed: bool = True
    place: tuple[float, float] = (0.0, 0.0)


class Quartz:
    """What the backend calls of Quartz, and what it then calls of ours (`press`)."""

    kCGEventKeyDown, kCGEventKeyUp = 10, 11  # noqa: N815
    kCGEventLeftMouseDown, kCGEventRightMouseDown, kCGEventOtherMouseDown = 1, 3, 25  # noqa: N815
    kCGEventTapDisabledByTimeout = 0xFFFFFFFE  # noqa: N815
    kCGEventTapDisabledByUserInput = 0xFFFFFFFF  # noqa: N815
    kCGEventSourceUserData, kCGKeyboardEventKeycode = 42, 9  # noqa: N815
    kCGEventSourceStatePrivate = -1  # noqa: N815
    kCGSessionEventTap, kCGHeadInsertEventTap, kCGEventTapOptionDefault = 1, 0, 0  # noqa: N815
    kCFRunLoopDefaultMode = "default"  # noqa: N815

    def __init__(self) -> None:
        self.allowed = True
        self.tap: Callable[..., Any] | None = None
        self.mask = 0
        self.enabled: list[bool] = []
        self.posted: list[tuple[str, Event]] = []
        self.stopped = threading.Event()
        self.opened = threading.Event()
        self.sources: list[Any] = []
        self.displays = [(0.0, 0.0, 1440.0, 900.0, 2.0), (1440.0, 0.0, 1920.0, 1080.0, 1.0)]

    def press(self, event: Event) -> bool:
        """An event comes to the tap; True when the app got it."""
        assert self.tap is not None
        answer = self.tap("proxy", event.kind, event, None)
        assert answer is None or answer is event
        return answer is event

    def CGEventMaskBit(self, kind: int) -> int:  # noqa: N802
        return 1 << kind

    def CGEventTapCreate(  # noqa: N802
        self, where: int, place: int, options: int, mask: int, callback: Any, _refcon: None
    ) -> Any:
        assert (where, place, options) == (1, 0, 0)
        self.mask = mask
        if not self.allowed:
            return None
        self.tap = callback
        self.opened.set()
        return "tap"

    def CGEventTapEnable(self, _tap: object, on: bool) -> None:  # noqa: N802
        self.enabled.append(on)

    def CFMachPortCreateRunLoopSource(self, *_: object) -> str:  # noqa: N802
        return "source of the tap"

    def CFRunLoopGetCurrent(self) -> str:  # noqa: N802
        return "loop"

    def CFRunLoopAddSource(self, _loop: str, source: Any, _mode: str) -> None:  # noqa: N802
        self.sources.append(source)

    def CFRunLoopRemoveSource(self, _loop: str, source: Any, _mode: str) -> None:  # noqa: N802
        self.sources.remove(source)

    def CFRunLoopRunInMode(self, _mode: str, _seconds: float, _once: bool) -> int:  # noqa: N802
        self.stopped.wait(0.01)
        return 3

    def CFRunLoopStop(self, _loop: str) -> None:  # noqa: N802
        self.stopped.set()

    def CGEventGetIntegerValueField(self, event: Event, which: int) -> int:  # noqa: N802
        return {42: event.mark, 9: event.code}[which]

    def CGEventGetFlags(self, event: Event) -> int:  # noqa: N802
        return event.flags

    def CGEventGetLocation(self, event: Event) -> Any:  # noqa: N802
        return SimpleNamespace(x=event.place[0], y=event.place[1])

    def CGEventKeyboardGetUnicodeString(self, event: Event, *_: object) -> tuple[int, str]:  # noqa: N802
        return len(event.text), event.text

    def CGEventSourceCreate(self, state: int) -> Any:  # noqa: N802
        assert state == -1
        return SimpleNamespace(mark=0)

    def CGEventSourceSetUserData(self, source: Any, mark: int) -> None:  # noqa: N802
        source.mark = mark

    def CGEventCreateKeyboardEvent(self, source: Any, code: int, pressed: bool) -> Event:  # noqa: N802
        return Event(code=code, flags=-1, mark=source.mark, pressed=pressed)

    def CGEventSetFlags(self, event: Event, flags: int) -> None:  # noqa: N802
        event.flags = flags

    def CGEventKeyboardSetUnicodeString(self, event: Event, units: int, text: str) -> None:  # noqa: N802
        assert units == len(text.encode("utf-16-le")) // 2 <= 20
        event.text = text

    def CGEventTapPostEvent(self, proxy: object, event: Event) -> None:  # noqa: N802
        assert proxy == "proxy"
        self.posted.append(("tap", event))

    def CGEventPost(self, _where: int, event: Event) -> None:  # noqa: N802
        self.posted.append(("session", event))

    def CGGetActiveDisplayList(self, *_: object) -> tuple[int, list[int], int]:  # noqa: N802
        return 0, list(range(len(self.displays))), len(self.displays)

    def CGDisplayBounds(self, display: int) -> Any:  # noqa: N802
        x, y, width, height, _ = self.displays[display]
        return SimpleNamespace(
            origin=SimpleNamespace(x=x, y=y), size=SimpleNamespace(width=width, height=height)
        )

    def CGDisplayCopyDisplayMode(self, display: int) -> int:  # noqa: N802
        return display

    def CGDisplayModeGetWidth(self, mode: int) -> int:  # noqa: N802
        return int(self.displays[mode][2])

    def CGDisplayModeGetPixelWidth(self, mode: int) -> int:  # noqa: N802
        return int(self.displays[mode][2] * self.displays[mode][4])


@dataclass(eq=False)
class Element:
    """A field or anything else; `caret` None: it has no text. Offsets are UTF-16 units."""

    role: str = "AXTextArea"
    subrole: str = ""
    text: str = ""
    caret: int | None = None
    selected: int = 0
    settable: bool = True
    box: tuple[float, float, float, float] | None = (100.0, 600.0, 400.0, 20.0)
    more: dict[str, object] = field(default_factory=dict)
    children: list[Element] = field(default_factory=list)
    parent: Element | None = None
    was_read: bool = False

    def __post_init__(self) -> None:
        for child in self.children:
            child.parent = self

    def get(self, name: str) -> Any:
        told: dict[str, object] = {"AXRole": self.role, "AXSubrole": self.subrole or None}
        told |= {"AXParent": self.parent, "AXChildren": self.children, **self.more}
        if self.caret is not None:
            units = len(self.text.encode("utf-16-le")) // 2
            told |= {
                "AXNumberOfCharacters": units,
                "AXSelectedTextRange": ("range", (self.caret, self.selected)),
            }
        if self.box is not None:
            told |= {"AXPosition": ("point", self.box[:2]), "AXSize": ("size", self.box[2:])}
        return told.get(name)

    def part(self, name: str, start: int, length: int) -> Any:
        self.was_read = True
        if self.caret is None or self.box is None:
            return None
        if name == "AXStringForRange":
            raw = self.text.encode("utf-16-le")
            return raw[2 * start : 2 * (start + length)].decode("utf-16-le")
        corner = (self.box[0] + LETTER * start, self.box[1] + 2)
        return ("rect", (corner, (LETTER * length, 16.0)))


class Services:
    """The accessibility API."""

    kAXValueCGPointType, kAXValueCGSizeType = "point", "size"  # noqa: N815
    kAXValueCGRectType, kAXValueCFRangeType = "rect", "range"  # noqa: N815
    kAXTrustedCheckOptionPrompt = "prompt"  # noqa: N815

    def __init__(self, focused: Element | None = None, title: str = "Chat with Maria") -> None:
        window = Element("AXWindow", more={"AXTitle": title})
        self.application = Element("AXApplication", more={"AXFocusedWindow": window})
        if focused is not None:
            self.application.more["AXFocusedUIElement"] = focused
            top = focused
            while top.parent is not None:
                top = top.parent
            top.parent = window if top.role != "AXWindow" else self.application
        window.parent = self.application
        self.trusted, self.asked = True, 0
        self.put: list[tuple[str, object]] = []
        self.timeouts: list[float] = []
        self.observed: list[str] = []
        self.changed: Callable[..., None] | None = None

    def AXIsProcessTrustedWithOptions(self, options: dict[str, bool]) -> bool:  # noqa: N802
        self.asked += options["prompt"]
        return self.trusted

    def AXUIElementCreateApplication(self, process: int) -> Element:  # noqa: N802
        assert process == 4242
        return self.application

    def AXUIElementSetMessagingTimeout(self, _element: Element, seconds: float) -> None:  # noqa: N802
        self.timeouts.append(seconds)

    def AXUIElementCopyAttributeValue(  # noqa: N802
        self, element: Element, name: str, _out: None
    ) -> tuple[int, Any]:
        found = element.get(name)
        return (-25212, None) if found is None else (0, found)

    def AXUIElementSetAttributeValue(self, _element: Element, name: str, value: object) -> int:  # noqa: N802
        self.put.append((name, value))
        return 0

    def AXUIElementIsAttributeSettable(  # noqa: N802
        self, element: Element, name: str, _out: None
    ) -> tuple[int, bool]:
        assert name == "AXValue"
        return 0, element.settable

    def AXUIElementCopyParameterizedAttributeValue(  # noqa: N802
        self, element: Element, name: str, part: Any, _out: None
    ) -> tuple[int, Any]:
        found = element.part(name, *part[1])
        return (-25212, None) if found is None else (0, found)

    def AXValueCreate(self, kind: str, value: Any) -> Any:  # noqa: N802
        return (kind, value)

    def AXValueGetValue(self, wrapped: Any, kind: str, _out: None) -> tuple[bool, Any]:  # noqa: N802
        return (True, wrapped[1]) if wrapped[0] == kind else (False, None)

    def AXObserverCreate(  # noqa: N802
        self, process: int, callback: Any, _out: None
    ) -> tuple[int, Any]:
        assert process == 4242
        self.changed = callback
        return 0, SimpleNamespace()

    def AXObserverAddNotification(self, _observer: Any, _element: Any, name: str, _: None) -> int:  # noqa: N802
        self.observed.append(name)
        return 0

    def AXObserverGetRunLoopSource(self, observer: Any) -> Any:  # noqa: N802
        return ("source of", id(observer))


class AppKit:
    """The workspace, the pasteboard and the app itself."""

    NSWorkspaceDidActivateApplicationNotification = "activated"
    NSPasteboardTypeString = "string"
    NSApplicationActivationPolicyAccessory = 1

    def __init__(
        self, bundle: str = "org.whispersystems.signal-desktop", name: str = "Signal"
    ) -> None:
        self.process, self.policy, self.clipboard = 4242, 0, "copied"
        self.watchers: list[Callable[[object], None]] = []
        program = SimpleNamespace(lastPathComponent=lambda: name)
        front = SimpleNamespace(
            processIdentifier=lambda: self.process,
            bundleIdentifier=lambda: bundle,
            executableURL=lambda: program,
            localizedName=lambda: "local " + name,
        )
        center = SimpleNamespace(
            addObserverForName_object_queue_usingBlock_=self._watch,
            removeObserver_=self.watchers.remove,
        )
        self.workspace = SimpleNamespace(
            frontmostApplication=lambda: front if self.process else None,
            notificationCenter=lambda: center,
        )
        self.NSWorkspace = SimpleNamespace(sharedWorkspace=lambda: self.workspace)
        board = SimpleNamespace(stringForType_=lambda _kind: self.clipboard)
        self.NSPasteboard = SimpleNamespace(generalPasteboard=lambda: board)
        app = SimpleNamespace(setActivationPolicy_=self._set_policy)
        self.NSApplication = SimpleNamespace(sharedApplication=lambda: app)

    def _watch(self, name: str, _sender: None, _queue: None, block: Any) -> Any:
        assert name == "activated"
        self.watchers.append(block)
        return block

    def _set_policy(self, policy: int) -> None:
        self.policy = policy


OBJC = SimpleNamespace(
    callbackFor=lambda _function: lambda call: call, autorelease_pool=nullcontext
)
