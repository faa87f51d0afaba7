"""UI Automation in memory: elements with text, ranges in it, and a tree around them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from ui.windows.api import RECT

LETTER = 8
"""Pixels that each character takes across; lines are 16 high."""


class Range:
    """A stretch of an element's text; units are characters."""

    def __init__(self, owner: Element, start: int, end: int) -> None:
        self.owner, self.ends = owner, [start, end]

    def Clone(self) -> Range:  # noqa: N802
        return Range(self.owner, *self.ends)

    def MoveEndpointByRange(self, end: int, other: Range, others_end: int) -> None:  # noqa: N802
        self.ends[end] = other.ends[others_end]
        self._keep_order(end)

    def MoveEndpointByUnit(self, end: int, unit: int, count: int) -> int:  # noqa: N802
        assert unit == 0
        low, high = -len(self.owner.page_before), len(self.owner.text) + len(self.owner.page_after)
        before = self.ends[end]
        self.ends[end] = max(low, min(high, before + count))
        self._keep_order(end)
        return self.ends[end] - before

    def CompareEndpoints(self, end: int, other: Range, others_end: int) -> int:  # noqa: N802
        return self.ends[end] - other.ends[others_end]

    def GetText(self, most: int) -> str:  # noqa: N802
        self.owner.was_read = True
        shift = len(self.owner.page_before)
        whole = self.owner.page_before + self.owner.text + self.owner.page_after
        text = whole[self.ends[0] + shift : self.ends[1] + shift]
        return text if most < 0 else text[:most]

    def GetBoundingRectangles(self) -> Sequence[float]:  # noqa: N802
        start, end = self.ends
        if end <= start:
            return ()
        box = self.owner.box
        return (box[0] + LETTER * start, box[1] + 2.0, LETTER * (end - start), 16.0)

    def GetAttributeValue(self, number: int) -> object:  # noqa: N802
        return {40005: "Segoe UI", 40015: self.owner.read_only}[number]

    def _keep_order(self, moved: int) -> None:
        if self.ends[0] > self.ends[1]:
            self.ends[1 - moved] = self.ends[moved]


@dataclass
class Element:
    """A field or anything else; `caret` None: it has no text."""

    number: int = 1
    text: str = ""
    caret: int | None = None
    selected: int = 0
    kind: int = 50004
    name: str = ""
    aria: str = ""
    password: bool = False
    process: int = 4242
    framework: str = "Chrome"
    class_name: str = ""
    value: str | None = None
    read_only: object = False
    composition: str = ""
    offscreen: bool = False
    box: tuple[int, int, int, int] = (100, 600, 500, 620)
    page_before: str = ""
    page_after: str = ""
    parent: Element | None = None
    children: list[Element] = field(default_factory=list)
    was_read: bool = False

    def __post_init__(self) -> None:
        for child in self.children:
            child.parent = self

    def GetRuntimeId(self) -> tuple[int, ...]:  # noqa: N802
        return (42, self.number)

    def GetCachedPattern(self, number: int) -> Any:  # noqa: N802
        if self.caret is None or (number == 10032 and not self.composition):
            return None
        return SimpleNamespace(QueryInterface=lambda interface: Pattern(self, interface))

    def GetCurrentPropertyValue(self, number: int) -> object:  # noqa: N802
        assert number == 30045
        return self.value

    def GetCachedPropertyValue(self, number: int) -> object:  # noqa: N802
        assert number == 30046
        return bool(self.read_only)

    def BuildUpdatedCache(self, request: Request) -> Element:  # noqa: N802
        assert request.TreeScope == 2
        assert {30001, 30003, 30005, 30022, 30101} <= request.properties
        return self

    def GetCachedChildren(self) -> Elements | None:  # noqa: N802
        return Elements(self.children) if self.children else None

    def __getattr__(self, name: str) -> Any:
        told = {
            "CachedIsPassword": "password", "CachedProcessId": "process", "CachedName": "name",
            "CachedControlType": "kind", "CurrentControlType": "kind", "CachedAriaRole": "aria",
            "CachedFrameworkId": "framework", "CachedClassName": "class_name",
            "CachedIsOffscreen": "offscreen",
        }  # fmt: skip
        if name == "CachedBoundingRectangle":
            return RECT(*self.box)
        if name in told:
            return getattr(self, told[name])
        raise AttributeError(name)


class Elements:
    """An array as COM has it."""

    def __init__(self, elements: Sequence[Any]) -> None:
        self._elements, self.Length = elements, len(elements)

    def GetElement(self, index: int) -> Any:  # noqa: N802
        return self._elements[index]


class Pattern:
    """The text pattern and the text edit pattern."""

    def __init__(self, owner: Element, interface: str) -> None:
        self._owner, self._interface = owner, interface

    def GetSelection(self) -> Elements:  # noqa: N802
        assert self._interface == "text"
        start = self._owner.caret or 0
        return Elements([Range(self._owner, start, start + self._owner.selected)])

    @property
    def DocumentRange(self) -> Range:  # noqa: N802
        return Range(self._owner, 0, len(self._owner.text))

    def GetActiveComposition(self) -> Any:  # noqa: N802
        assert self._interface == "edit"
        return SimpleNamespace(GetText=lambda most: self._owner.composition[:most])


class Request:
    """A cache request."""

    def __init__(self) -> None:
        self.properties: set[int] = set()
        self.TreeScope = 1

    def AddProperty(self, number: int) -> None:  # noqa: N802
        self.properties.add(number)

    def AddPattern(self, number: int) -> None:  # noqa: N802
        assert number in {10014, 10032}


class Automation:
    """The client object; `module` has its interfaces."""

    module = SimpleNamespace(IUIAutomationTextPattern="text", IUIAutomationTextEditPattern="edit")

    def __init__(self, focused: Element | None) -> None:
        self.focused = focused
        self.ControlViewWalker = SimpleNamespace(GetParentElement=lambda child: child.parent)

    def CreateCacheRequest(self) -> Request:  # noqa: N802
        return Request()

    def GetFocusedElementBuildCache(self, request: Request) -> Element | None:  # noqa: N802
        assert 30019 in request.properties
        return self.focused
