"""One reading of a focused object: two rounds of questions, together one or two milliseconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from quicktype.draft import Draft
from ui.platform.interface import Font, Rect, Role
from ui.platform.roles import EMBEDDED, RoleNumber
from ui.x11 import atspi
from ui.x11.atspi import StateBit
from ui.x11.bus import Answer, Bus, Call, Ref, first, getting, value

if TYPE_CHECKING:
    from collections.abc import Sequence

BEFORE, AFTER = 2000, 200
_TRIES = 3
_HIGHEST_LINE = 36
"""An empty field that is higher, and all of which is the caret's place, does not tell the caret."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What an object is, and where its caret stands."""

    role: Role
    editable: bool
    focused: bool
    multiline: bool
    caret: int
    count: int
    """Characters of the whole text, in the toolkit's own units, as `caret`."""
    selected: int
    box: Rect | None

    @property
    def readable(self) -> bool:
        """Its text may be asked for."""
        return self.role is Role.TEXT and self.editable and self.caret >= 0


@dataclass(frozen=True, slots=True)
class Passage:
    """The text around the caret, and where the caret is on the screen."""

    draft: Draft
    caret: Rect | None


def facts(bus: Bus, node: Ref) -> Facts | None:
    """What an object is; None when it is gone or its app hangs.

    Raises:
        ConnectionError: The bus is gone.
    """
    role, states, caret, count, selections, selection, box = bus.ask(
        [
            Call(node, atspi.ACCESSIBLE, "GetRole"),
            Call(node, atspi.ACCESSIBLE, "GetState"),
            getting(node, atspi.TEXT, "CaretOffset"),
            getting(node, atspi.TEXT, "CharacterCount"),
            Call(node, atspi.TEXT, "GetNSelections"),
            Call(node, atspi.TEXT, "GetSelection", "i", (0,)),
            atspi.extents_call(node),
        ]
    )
    if role is None or states is None:
        return None
    bits = states[0]
    editable = atspi.has(bits, StateBit.EDITABLE)
    return Facts(
        role=_role(int(role[0]), editable=editable),
        editable=editable,
        focused=atspi.has(bits, StateBit.FOCUSED),
        multiline=atspi.has(bits, StateBit.MULTI_LINE),
        caret=int(value(caret, -1)),
        count=int(value(count, 0)),
        selected=_selected(selections, selection),
        box=_rect(first(box)),
    )


def passage(bus: Bus, node: Ref, seen: Facts) -> tuple[Facts, Passage] | None:
    """The text at the caret with facts that fit to it; None when it does not hold still.

    Raises:
        ConnectionError: The bus is gone.
    """
    known: Facts | None = seen
    for _ in range(_TRIES):
        if known is None or not known.readable:
            return None
        found = _passage(bus, node, known)
        if found is not None:
            return known, found
        known = facts(bus, node)
    return None


def _passage(bus: Bus, node: Ref, seen: Facts) -> Passage | None:
    caret = seen.caret
    start, end = max(0, caret - BEFORE), min(seen.count, caret + AFTER)
    before, after, here, previous, still = bus.ask(
        [
            atspi.text_call(node, start, caret),
            atspi.text_call(node, caret, max(caret, end)),
            atspi.character_call(node, caret),
            atspi.character_call(node, max(0, caret - 1)),
            getting(node, atspi.TEXT, "CaretOffset"),
        ]
    )
    if before is None or after is None or value(still) != caret:
        return None
    head = str(before[0]) if caret > start else ""
    tail = str(after[0]) if end > caret else ""
    if EMBEDDED in head + tail:
        head, tail = expand(bus, node, head, start), expand(bus, node, tail, caret)
    place = caret_rect(here, previous, seen, at_end=caret >= seen.count)
    return Passage(Draft(tidy(head), tidy(tail)), place)


def caret_rect(here: Answer, previous: Answer, seen: Facts, *, at_end: bool) -> Rect | None:
    """The caret from the boxes of the characters around it; None when they tell nothing."""
    after, before = _real(here), _real(previous)
    if after and not at_end:
        return Rect(after.x, after.y, 1, after.height)
    if before and seen.caret > 0:
        return Rect(before.x + before.width, before.y, 1, before.height)
    whole = after and seen.box and after.height >= seen.box.height > _HIGHEST_LINE
    return Rect(after.x, after.y, 1, after.height) if after and not whole else None


def font(bus: Bus, node: Ref) -> Font:
    """The family of the font at the beginning of a text, as far as the toolkit tells it.

    The size is better told by the line's height: points mean other pixels on each desktop.

    Raises:
        ConnectionError: The bus is gone.
    """
    default, run = bus.ask(
        [
            Call(node, atspi.TEXT, "GetDefaultAttributes"),
            Call(node, atspi.TEXT, "GetAttributes", "i", (0,)),
        ]
    )
    told: dict[str, str] = {**first(default, {}), **first(run, {})}
    family = told.get("family-name") or told.get("font-family") or ""
    return Font(0.0, family.strip('"'))


def expand(bus: Bus, node: Ref, text: str, start: int) -> str:
    """The text with each embedded object's own text in its place (one level deep).

    Raises:
        ConnectionError: The bus is gone.
    """
    offsets = [start + index for index, character in enumerate(text) if character == EMBEDDED]
    numbers = bus.ask([Call(node, atspi.HYPERTEXT, "GetLinkIndex", "i", (o,)) for o in offsets])
    links = bus.ask([Call(node, atspi.HYPERTEXT, "GetLink", "i", (first(n, 0),)) for n in numbers])
    holders = [atspi.ref(first(link, ("", ""))) or node for link in links]
    objects = bus.ask([Call(h, atspi.HYPERLINK, "GetObject", "i", (0,)) for h in holders])
    targets = [atspi.ref(first(found, ("", ""))) or node for found in objects]
    answers = bus.ask(
        [
            question
            for target in targets
            for question in (
                atspi.text_call(target, 0, -1),
                getting(target, atspi.ACCESSIBLE, "Name"),
            )
        ]
    )
    words = iter(
        "" if target == node else str(first(answers[2 * i]) or value(answers[2 * i + 1], ""))
        for i, target in enumerate(targets)
    )
    return "".join(next(words, "") if c == EMBEDDED else c for c in text)


def tidy(text: str) -> str:
    """Text as a person means it: no-break spaces are spaces, nothing stands for objects.

    Firefox fills up what counts two in its offsets (an emoji) with a character of no width.
    """
    return text.replace("\u00a0", " ").replace(EMBEDDED, "").replace("\ufeff", "")


def _role(number: int, *, editable: bool) -> Role:
    if number == RoleNumber.PASSWORD_TEXT:
        return Role.PASSWORD
    if number == RoleNumber.TERMINAL:
        return Role.TERMINAL
    return Role.TEXT if editable else Role.OTHER


def _selected(selections: Answer, selection: Answer) -> int:
    if not first(selections, 0) or selection is None:
        return 0
    start, end = selection
    return abs(int(end) - int(start))


def _rect(extents: Sequence[int] | None) -> Rect | None:
    return Rect(*map(int, extents)) if extents and extents[3] > 0 else None


def _real(answer: Answer) -> Rect | None:
    """A character's box, if it is one: apps give zeros for what is not laid out."""
    rect = _rect(answer)
    return rect if rect and (rect.x, rect.y) != (0, 0) and 0 < rect.height < 400 else None
