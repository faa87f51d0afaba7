"""Laying out a shared library and filling it in.

In the file as in memory, one after the other, each on pages of its own:

* headers, the tables for the loader, and the constants, which are only read;
* the code, with a stub for each import, which is read and executed;
* the slots of the imports and the list of facts for the loader, which are written while it loads
  and only read afterwards.

So no page is ever writable and executable, the stack is not executable, and all but the last part
is shared by all processes that use the library. An offset in the file is the address in memory,
counted from where the library begins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from engine.linker import elf
from engine.linker.machines import MACHINES, STUB_BYTES, Machine, Via
from engine.linker.relocatable import LinkError, Relocatable, Relocation, Symbol, read

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LIBRARIES = ("libm.so.6", "libc.so.6")
"""Where imports are looked for, beside what the program has loaded already."""
_SEGMENTS = 6
_LINE = 64
_SECTION = 1
"""Exported symbols must name a section; which one does not matter where none are listed."""


class _Image:
    """The library's bytes as they are put together."""

    def __init__(self) -> None:
        self.bytes = bytearray()

    def add(self, content: bytes, alignment: int = 8) -> int:
        """Append; gives the address."""
        self.align(alignment)
        address = len(self.bytes)
        self.bytes += content
        return address

    def align(self, alignment: int) -> None:
        self.bytes += bytes(-len(self.bytes) % alignment)

    def put(self, address: int, content: bytes) -> None:
        self.bytes[address : address + len(content)] = content


class _Layout(NamedTuple):
    """Where everything lies; each part ends where the next one begins, `slots` with the image."""

    names: int
    symbols: int
    hashes: int
    relocations: int
    code: int
    stubs: int
    slots: int
    facts: int
    sections: Mapping[int, int]
    """The addresses of the object file's sections."""


def link(content: bytes, exports: Sequence[str]) -> bytes:
    """A shared library with the code of an object file, in which `exports` can be looked up.

    What the object file leaves undefined is imported from the C library. Raises LinkError when
    the file is broken, for another kind of machine than `machines` knows, or has writable data.
    """
    source = read(content)
    if source.machine not in MACHINES:
        raise LinkError(f"no way of linking for the machine {source.machine} is known")
    machine = MACHINES[source.machine]
    exported = [_defined(source, name) for name in exports]
    # In order of first use; each gets a slot and a stub.
    imports = list(dict.fromkeys(r.symbol.name for r in source.relocations if _imported(r)))
    image = _Image()
    texts, offsets = _strings([*exports, *imports, *LIBRARIES])
    layout = _lay_out(image, source, machine, texts, len(exports), len(imports))
    _fill_in(image, source, machine, layout, imports)
    _write_symbols(image, machine, layout, exported, imports, offsets)
    libraries = [offsets[name] for name in LIBRARIES] if imports else []
    _write_facts(image, layout, len(texts), len(imports), libraries)
    image.align(machine.page)
    _write_headers(image, source.machine, machine, layout)
    return bytes(image.bytes)


def _imported(relocation: Relocation) -> bool:
    return relocation.symbol.section is None


def _defined(source: Relocatable, name: str) -> Symbol:
    for symbol in source.symbols:
        if symbol.name == name and symbol.section is not None and symbol.section >= 0:
            return symbol
    raise LinkError(f"the object file does not define {name}")


def _strings(names: Sequence[str]) -> tuple[bytes, dict[str, int]]:
    """The names as a table of strings, and where each one begins in it."""
    table, offsets = bytearray(1), {}
    for name in names:
        offsets[name] = len(table)
        table += name.encode() + b"\0"
    return bytes(table), offsets


def _lay_out(
    image: _Image, source: Relocatable, machine: Machine, texts: bytes, exports: int, imports: int
) -> _Layout:
    """Give everything its place; sections and names are put there, the rest is zeros as yet."""
    symbols = 1 + exports + imports
    image.add(bytes(elf.HEADER_BYTES + _SEGMENTS * elf.SEGMENT_RECORD.size))
    at_names = image.add(texts)
    at_symbols = image.add(bytes(symbols * elf.SYMBOL_RECORD.size))
    at_hashes = image.add(_one_chain(symbols))
    at_relocations = image.add(bytes(imports * elf.RELOCATION_RECORD.size))
    sections = {
        part.number: image.add(part.content, part.alignment)
        for part in source.parts
        if not part.executable
    }
    image.align(machine.page)
    code = len(image.bytes)
    for part in source.parts:
        if part.executable:
            sections[part.number] = image.add(part.content, max(part.alignment, _LINE))
    stubs = image.add(bytes(imports * STUB_BYTES), _LINE)
    image.align(machine.page)
    slots = image.add(bytes(imports * 8))
    facts = len(image.bytes)
    return _Layout(
        at_names, at_symbols, at_hashes, at_relocations, code, stubs, slots, facts, sections
    )


def _one_chain(symbols: int) -> bytes:
    """The table by which the loader finds symbols: one bucket, in which all are chained up."""
    words = [1, symbols, 1, 0, *range(2, symbols), 0]
    return b"".join(word.to_bytes(4, "little") for word in words)


def _fill_in(
    image: _Image, source: Relocatable, machine: Machine, layout: _Layout, imports: list[str]
) -> None:
    """Write the stubs, and everything that depends on where things lie."""
    slots = {name: layout.slots + 8 * number for number, name in enumerate(imports)}
    stubs = {name: layout.stubs + STUB_BYTES * number for number, name in enumerate(imports)}
    for name in imports:
        image.put(stubs[name], machine.stub(stubs[name], slots[name]))
    sizes = {part.number: len(part.content) for part in source.parts}
    for relocation in source.relocations:
        way = machine.ways.get(relocation.kind)
        if way is None:
            raise LinkError(f"relocations of type {relocation.kind} are not known")
        if relocation.offset + way.width > sizes[relocation.section]:
            raise LinkError("a relocation lies outside of its section")
        symbol = relocation.symbol
        if symbol.section is not None and way.via is not Via.SLOT:
            target = layout.sections[symbol.section] + symbol.value
        elif symbol.section is None and way.via is not Via.NOTHING:
            target = (slots if way.via is Via.SLOT else stubs)[symbol.name]
        else:
            raise LinkError(f"{symbol.name} cannot be reached by type {relocation.kind}")
        place = layout.sections[relocation.section] + relocation.offset
        way.fill(image.bytes, place, target + relocation.addend)


def _write_symbols(
    image: _Image,
    machine: Machine,
    layout: _Layout,
    exported: Sequence[Symbol],
    imports: Sequence[str],
    names: Mapping[str, int],
) -> None:
    """The functions that are offered, those that are wanted, and the slots to put these into."""
    entries = [elf.Symbol(0, 0, 0, elf.UNDEFINED, 0, 0)]
    for symbol in exported:
        address = layout.sections[symbol.section or 0] + symbol.value
        defined = elf.GLOBAL_FUNCTION, 0, _SECTION, address, symbol.size
        entries.append(elf.Symbol(names[symbol.name], *defined))
    for number, name in enumerate(imports):
        info = len(entries) << 32 | machine.import_type
        slot = elf.Relocation(layout.slots + 8 * number, info, 0)
        place = layout.relocations + number * elf.RELOCATION_RECORD.size
        image.put(place, elf.RELOCATION_RECORD.pack(*slot))
        entries.append(elf.Symbol(names[name], elf.GLOBAL_UNKNOWN, 0, elf.UNDEFINED, 0, 0))
    image.put(layout.symbols, b"".join(elf.SYMBOL_RECORD.pack(*entry) for entry in entries))


def _write_facts(
    image: _Image, layout: _Layout, names_size: int, imports: int, libraries: Sequence[int]
) -> None:
    """Tell the loader where everything is."""
    facts = [(elf.NEEDED, name) for name in libraries]
    facts += [
        (elf.HASH, layout.hashes),
        (elf.STRING_TABLE, layout.names),
        (elf.STRINGS_SIZE, names_size),
        (elf.SYMBOL_TABLE, layout.symbols),
        (elf.SYMBOL_SIZE, elf.SYMBOL_RECORD.size),
        (elf.FLAGS, elf.BIND_NOW),
    ]
    if imports:
        facts += [
            (elf.RELOCATIONS, layout.relocations),
            (elf.RELOCATIONS_SIZE, imports * elf.RELOCATION_RECORD.size),
            (elf.RELOCATION_SIZE, elf.RELOCATION_RECORD.size),
        ]
    facts.append((0, 0))
    image.add(b"".join(elf.DYNAMIC_RECORD.pack(*fact) for fact in facts))


def _write_headers(image: _Image, number: int, machine: Machine, layout: _Layout) -> None:
    """What the system reads first: the file's kind and its segments."""

    def segment(kind: int, flags: int, begin: int, end: int, alignment: int) -> elf.Segment:
        size = end - begin
        return elf.Segment(kind, flags, begin, begin, begin, size, size, alignment)

    end, reads, writes = len(image.bytes), elf.MAY_READ, elf.MAY_READ | elf.MAY_WRITE
    segments = [
        segment(elf.LOAD, reads, 0, layout.code, machine.page),
        segment(elf.LOAD, reads | elf.MAY_EXECUTE, layout.code, layout.slots, machine.page),
        segment(elf.LOAD, writes, layout.slots, end, machine.page),
        segment(elf.DYNAMIC, writes, layout.facts, end, 8),
        segment(elf.STACK, writes, 0, 0, 16),
        segment(elf.READ_ONLY_AFTER_LOADING, reads, layout.slots, end, 1),
    ]
    header = elf.Header(
        kind=elf.SHARED,
        machine=number,
        version=1,
        entry=0,
        segments=elf.HEADER_BYTES,
        sections=0,
        flags=0,
        size=elf.HEADER_BYTES,
        segment_size=elf.SEGMENT_RECORD.size,
        segment_count=len(segments),
        section_size=0,
        section_count=0,
        section_names=0,
    )
    image.put(0, elf.IDENT.ljust(elf.IDENT_BYTES, b"\0") + elf.HEADER_RECORD.pack(*header))
    table = b"".join(elf.SEGMENT_RECORD.pack(*entry) for entry in segments)
    image.put(elf.HEADER_BYTES, table)
