"""The records of a 64-bit little-endian ELF file that are read and written here.

Names and numbers are those of the System V ABI, chapters 4 and 5
(https://refspecs.linuxfoundation.org/elf/gabi4+/contents.html).
"""

from __future__ import annotations

from struct import Struct
from typing import NamedTuple

IDENT = b"\x7fELF" + bytes([2, 1, 1])
"""Magic number, 64 bits, little endian, version 1."""
RELOCATABLE, SHARED = 1, 3
"""Kinds of files: ET_REL, ET_DYN."""

CODE, SYMBOLS, STRINGS, ADDENDS, NO_BITS, PLAIN_RELOCATIONS = 1, 2, 3, 4, 8, 9
"""Kinds of sections: SHT_PROGBITS, SHT_SYMTAB, SHT_STRTAB, SHT_RELA, SHT_NOBITS, SHT_REL."""
WRITABLE, LOADED, EXECUTABLE, THREAD_LOCAL = 1, 2, 4, 0x400
"""Flags of sections: SHF_WRITE, SHF_ALLOC, SHF_EXECINSTR, SHF_TLS."""
UNDEFINED, FIRST_SPECIAL = 0, 0xFF00
"""Section numbers with a meaning: SHN_UNDEF, SHN_LORESERVE."""
GLOBAL_FUNCTION, GLOBAL_UNKNOWN = 0x12, 0x10
"""Kinds of symbols: STB_GLOBAL with STT_FUNC or STT_NOTYPE."""

LOAD, DYNAMIC, STACK, READ_ONLY_AFTER_LOADING = 1, 2, 0x6474E551, 0x6474E552
"""Kinds of segments: PT_LOAD, PT_DYNAMIC, PT_GNU_STACK, PT_GNU_RELRO."""
MAY_EXECUTE, MAY_WRITE, MAY_READ = 1, 2, 4


class Header(NamedTuple):
    """The first bytes of the file, after the 16 of its identity."""

    kind: int
    machine: int
    version: int
    entry: int
    segments: int
    sections: int
    flags: int
    size: int
    segment_size: int
    segment_count: int
    section_size: int
    section_count: int
    section_names: int


class Section(NamedTuple):
    """A part of a file as a linker sees it."""

    name: int
    kind: int
    flags: int
    address: int
    offset: int
    size: int
    link: int
    info: int
    alignment: int
    entry_size: int


class Segment(NamedTuple):
    """A part of a file as the system loads it."""

    kind: int
    flags: int
    offset: int
    address: int
    physical: int
    file_size: int
    memory_size: int
    alignment: int


class Symbol(NamedTuple):
    """A name and what it stands for."""

    name: int
    info: int
    other: int
    section: int
    value: int
    size: int


class Relocation(NamedTuple):
    """A place to be filled in: the upper half of `info` is the symbol, the lower the way."""

    offset: int
    info: int
    addend: int


class Dynamic(NamedTuple):
    """One fact for the system's loader."""

    tag: int
    value: int


NEEDED, HASH, STRING_TABLE, SYMBOL_TABLE = 1, 4, 5, 6
RELOCATIONS, RELOCATIONS_SIZE, RELOCATION_SIZE = 7, 8, 9
STRINGS_SIZE, SYMBOL_SIZE, FLAGS = 10, 11, 30
"""Tags of `Dynamic`, DT_NEEDED to DT_FLAGS."""
BIND_NOW = 8
"""DF_BIND_NOW: all imports are looked up when the library is loaded."""

IDENT_BYTES = 16
HEADER_RECORD = Struct("<HHIQQQIHHHHHH")
SECTION_RECORD = Struct("<IIQQQQIIQQ")
SEGMENT_RECORD = Struct("<IIQQQQQQ")
SYMBOL_RECORD = Struct("<IBBHQQ")
RELOCATION_RECORD = Struct("<QQq")
DYNAMIC_RECORD = Struct("<qQ")
HEADER_BYTES = IDENT_BYTES + HEADER_RECORD.size
