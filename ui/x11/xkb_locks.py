"""CapsLock and the layout's group, set and asked through the server's XKB extension.

python-xlib has no XKB; these two requests are all that is needed (X Keyboard Extension: Protocol
Specification, sections 16.3.1 and 16.3.5).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from Xlib.protocol import rq

if TYPE_CHECKING:
    from Xlib.display import Display

_NAME = "XKEYBOARD"
_CORE_KEYBOARD = 0x100


class _UseExtension(rq.ReplyRequest):  # type: ignore[misc]
    _request = rq.Struct(
        rq.Card8("opcode"), rq.Opcode(0), rq.RequestLength(), rq.Card16("major"), rq.Card16("minor")
    )
    _reply = rq.Struct(
        rq.ReplyCode(), rq.Card8("supported"), rq.Card16("sequence_number"), rq.ReplyLength(),
        rq.Card16("server_major"), rq.Card16("server_minor"), rq.Pad(20),
    )  # fmt: skip


class _LockState(rq.Request):  # type: ignore[misc]
    _request = rq.Struct(
        rq.Card8("opcode"), rq.Opcode(5), rq.RequestLength(), rq.Card16("device"),
        rq.Card8("affect_locks"), rq.Card8("locks"), rq.Card8("lock_group"), rq.Card8("group"),
        rq.Card8("affect_latches"), rq.Pad(1), rq.Card8("latch_group"), rq.Pad(1),
        rq.Card16("group_latch"),
    )  # fmt: skip


class Locks:
    """Sets the lock keys without pressing them."""

    def __init__(self, display: Display) -> None:
        self._display: Any = display.display
        found = display.query_extension(_NAME)
        self._opcode: int | None = found.major_opcode if found and found.present else None
        if self._opcode is not None:
            _UseExtension(display=self._display, opcode=self._opcode, major=1, minor=0)

    def set(self, affected: int, locked: int) -> None:
        """Lock exactly these of the affected modifier bits; nothing without the extension."""
        if self._opcode is not None:
            _LockState(
                display=self._display, opcode=self._opcode, device=_CORE_KEYBOARD,
                affect_locks=affected, locks=locked, lock_group=0, group=0,
                affect_latches=0, latch_group=0, group_latch=0,
            )  # fmt: skip
