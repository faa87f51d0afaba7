"""What differs between processors: how a place is filled in, and how imports are called.

In the formulas S is the symbol's address, A the addend, P the place to be filled in, G the address
of an import's slot, as in the psABI of x86-64 (https://gitlab.com/x86-psABIs/x86-64-ABI, table of
relocation types) and the ELF ABI for 64-bit ARM (https://github.com/ARM-software/abi-aa,
"Relocation types").
"""

from __future__ import annotations

import struct
from enum import Enum, auto
from typing import TYPE_CHECKING, NamedTuple

from engine.linker.relocatable import LinkError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Via(Enum):
    """What a relocation means by an imported symbol."""

    NOTHING = auto()
    """No import can be meant: its distance is not known beforehand."""
    STUB = auto()
    """The few instructions of ours that jump to it."""
    SLOT = auto()
    """The place where the loader puts its address."""


class Way(NamedTuple):
    """How a place is filled in, given the image, P, and S + A (or G + A)."""

    fill: Callable[[bytearray, int, int], None]
    via: Via = Via.NOTHING
    width: int = 4
    """Bytes that are written."""


class Machine(NamedTuple):
    """A processor."""

    page: int
    """The largest page that its systems use."""
    ways: Mapping[int, Way]
    """How to fill in a place, by the type of relocation."""
    import_type: int
    """The relocation by which the loader fills a slot (GLOB_DAT)."""
    stub: Callable[[int, int], bytes]
    """The `STUB_BYTES` of code, at an address, that jump to where a slot points."""


STUB_BYTES = 16


def _within(value: int, bits: int) -> int:
    if not -(1 << (bits - 1)) <= value < 1 << (bits - 1):
        raise LinkError(f"a distance of {value} bytes is too far")
    return value


def _relative32(image: bytearray, place: int, target: int) -> None:
    """S + A - P in 32 bits."""
    struct.pack_into("<i", image, place, _within(target - place, 32))


def _relative64(image: bytearray, place: int, target: int) -> None:
    """S + A - P in 64 bits."""
    struct.pack_into("<q", image, place, target - place)


def _x86_stub(place: int, slot: int) -> bytes:
    """``endbr64; jmp *slot(%rip)``, filled up with breakpoints."""
    code = b"\xf3\x0f\x1e\xfa\xff\x25" + struct.pack("<i", _within(slot - (place + 10), 32))
    return code.ljust(STUB_BYTES, b"\xcc")


def _arm_bits(image: bytearray, place: int, bits: int) -> None:
    """Set bits of the instruction at `place`, where the compiler left zeros."""
    (word,) = struct.unpack_from("<I", image, place)
    struct.pack_into("<I", image, place, word | bits)


def _arm_call(image: bytearray, place: int, target: int) -> None:
    """CALL26, JUMP26: S + A - P, in words."""
    _arm_bits(image, place, _within(target - place, 28) >> 2 & 0x3FFFFFF)


def _arm_page_bits(place: int, target: int) -> int:
    """ADR_PREL_PG_HI21: Page(S + A) - Page(P), in pages of 4 KB."""
    pages = _within((target >> 12) - (place >> 12), 21)
    return (pages & 3) << 29 | (pages >> 2 & 0x7FFFF) << 5


def _arm_page(image: bytearray, place: int, target: int) -> None:
    _arm_bits(image, place, _arm_page_bits(place, target))


def _arm_rest(scale: int) -> Callable[[bytearray, int, int], None]:
    """ADD_ABS_LO12_NC and LDSTn_ABS_LO12_NC: S + A within its page, in units of n / 8 bytes."""

    def fill(image: bytearray, place: int, target: int) -> None:
        rest = target & 0xFFF
        if rest % scale:
            raise LinkError("a constant is not aligned")
        _arm_bits(image, place, rest // scale << 10)

    return fill


def _arm_stub(place: int, slot: int) -> bytes:
    """``adrp x16, slot; ldr x17, [x16, slot's place in its page]; br x17; nop``."""
    load = 0xF9400211 | (slot & 0xFFF) // 8 << 10
    return struct.pack(
        "<4I", 0x90000010 | _arm_page_bits(place, slot), load, 0xD61F0220, 0xD503201F
    )


X86_64 = Machine(
    page=4096,
    ways={
        2: Way(_relative32),  # R_X86_64_PC32
        4: Way(_relative32, Via.STUB),  # R_X86_64_PLT32
        24: Way(_relative64, width=8),  # R_X86_64_PC64
        9: Way(_relative32, Via.SLOT),  # R_X86_64_GOTPCREL
        41: Way(_relative32, Via.SLOT),  # R_X86_64_GOTPCRELX
        42: Way(_relative32, Via.SLOT),  # R_X86_64_REX_GOTPCRELX
    },
    import_type=6,
    stub=_x86_stub,
)

AARCH64 = Machine(
    page=1 << 16,
    ways={
        260: Way(_relative64, width=8),  # R_AARCH64_PREL64
        261: Way(_relative32),  # R_AARCH64_PREL32
        275: Way(_arm_page),  # R_AARCH64_ADR_PREL_PG_HI21
        277: Way(_arm_rest(1)),  # R_AARCH64_ADD_ABS_LO12_NC
        278: Way(_arm_rest(1)),  # R_AARCH64_LDST8_ABS_LO12_NC
        282: Way(_arm_call, Via.STUB),  # R_AARCH64_JUMP26
        283: Way(_arm_call, Via.STUB),  # R_AARCH64_CALL26
        284: Way(_arm_rest(2)),  # R_AARCH64_LDST16_ABS_LO12_NC
        285: Way(_arm_rest(4)),  # R_AARCH64_LDST32_ABS_LO12_NC
        286: Way(_arm_rest(8)),  # R_AARCH64_LDST64_ABS_LO12_NC
        299: Way(_arm_rest(16)),  # R_AARCH64_LDST128_ABS_LO12_NC
        311: Way(_arm_page, Via.SLOT),  # R_AARCH64_ADR_GOT_PAGE
        312: Way(_arm_rest(8), Via.SLOT),  # R_AARCH64_LD64_GOT_LO12_NC
    },
    import_type=1025,
    stub=_arm_stub,
)

MACHINES: Mapping[int, Machine] = {62: X86_64, 183: AARCH64}
"""By ELF's number for them: EM_X86_64, EM_AARCH64."""
