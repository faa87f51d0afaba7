"""Reading a relocatable object file, as far as compiled kernels go.

What they never have (variables, thread-local data, common symbols) is refused: who needs it takes
another way of loading.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from engine.linker import elf

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MAX_ALIGNMENT = 4096


class LinkError(Exception):
    """The object file is broken, or needs what `engine.linker` does not offer."""


class Part(NamedTuple):
    """A section that is loaded."""

    number: int
    """Its number in the object file."""
    content: bytes
    alignment: int
    executable: bool


class Symbol(NamedTuple):
    """What a relocation or a caller refers to."""

    name: str
    section: int | None
    """The section that it lies in, None if it lies in another file."""
    value: int
    """Bytes from the section's begin."""
    size: int


class Relocation(NamedTuple):
    """A place in a loaded section that depends on where a symbol comes to lie."""

    section: int
    offset: int
    kind: int
    symbol: Symbol
    addend: int


class Relocatable(NamedTuple):
    """An object file."""

    machine: int
    parts: Sequence[Part]
    symbols: Sequence[Symbol]
    relocations: Sequence[Relocation]


def read(content: bytes) -> Relocatable:
    """The loaded sections of an object file, its symbols and relocations; raises LinkError."""
    try:
        return _read(content)
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise LinkError(f"the object file is broken: {error}") from error


def _read(content: bytes) -> Relocatable:
    if content[: len(elf.IDENT)] != elf.IDENT:
        raise LinkError("the object file is no 64-bit little-endian ELF")
    header = elf.Header._make(elf.HEADER_RECORD.unpack_from(content, elf.IDENT_BYTES))
    if header.kind != elf.RELOCATABLE or header.section_size != elf.SECTION_RECORD.size:
        raise LinkError("the file is not relocatable")
    sections = [
        elf.Section._make(
            elf.SECTION_RECORD.unpack_from(content, header.sections + elf.SECTION_RECORD.size * n)
        )
        for n in range(header.section_count)
    ]
    parts = tuple(_parts(content, sections))
    symbols = _symbols(content, sections, {part.number for part in parts})
    relocations = tuple(_relocations(content, sections, symbols, parts))
    return Relocatable(header.machine, parts, symbols, relocations)


def _bytes(content: bytes, section: elf.Section) -> bytes:
    if section.offset + section.size > len(content):
        raise LinkError("the object file is cut off")
    return content[section.offset : section.offset + section.size]


def _parts(content: bytes, sections: Sequence[elf.Section]) -> Iterator[Part]:
    for number, section in enumerate(sections):
        if not section.flags & elf.LOADED or not section.size:
            continue
        if section.flags & (elf.WRITABLE | elf.THREAD_LOCAL) or section.kind == elf.NO_BITS:
            raise LinkError("the object file has variables, not only code and constants")
        alignment = max(1, section.alignment)
        if alignment > MAX_ALIGNMENT or alignment & (alignment - 1):
            raise LinkError(f"a section is to be aligned to {alignment} bytes")
        executable = bool(section.flags & elf.EXECUTABLE)
        yield Part(number, _bytes(content, section), alignment, executable)


def _symbols(
    content: bytes, sections: Sequence[elf.Section], loaded: set[int]
) -> tuple[Symbol, ...]:
    tables = [section for section in sections if section.kind == elf.SYMBOLS]
    if len(tables) != 1:
        raise LinkError("the object file has no table of symbols, or several")
    names = _bytes(content, sections[tables[0].link])
    symbols = []
    for fields in elf.SYMBOL_RECORD.iter_unpack(_bytes(content, tables[0])):
        entry = elf.Symbol._make(fields)
        if entry.section >= elf.FIRST_SPECIAL:
            # The file's name is such a symbol; one that is referred to fails in `_relocations`.
            symbols.append(Symbol("", -1, 0, 0))
            continue
        name = names[entry.name : names.index(b"\0", entry.name)].decode()
        section = None if entry.section == elf.UNDEFINED else entry.section
        if section is not None and section not in loaded:
            section = -1
        symbols.append(Symbol(name, section, entry.value, entry.size))
    return tuple(symbols)


def _relocations(
    content: bytes,
    sections: Sequence[elf.Section],
    symbols: Sequence[Symbol],
    parts: Sequence[Part],
) -> Iterator[Relocation]:
    loaded = {part.number for part in parts}
    for section in sections:
        if section.kind not in {elf.ADDENDS, elf.PLAIN_RELOCATIONS} or section.info not in loaded:
            continue
        if section.kind == elf.PLAIN_RELOCATIONS:
            raise LinkError("the object file has relocations without addends")
        for fields in elf.RELOCATION_RECORD.iter_unpack(_bytes(content, section)):
            entry = elf.Relocation._make(fields)
            symbol = symbols[entry.info >> 32]
            if symbol.section == -1:
                raise LinkError("a relocation refers to something that is not loaded")
            kind = entry.info & 0xFFFFFFFF
            yield Relocation(section.info, entry.offset, kind, symbol, entry.addend)
