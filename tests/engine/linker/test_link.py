"""The layout of what is linked, and what is refused; for every machine that is known."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.linker import LinkError, elf, link
from engine.linker.machines import AARCH64, MACHINES, X86_64, Machine
from engine.linker.relocatable import read
from tests.support.objects import TRIPLES, object_of

CODE = """
@table = internal constant [4 x i64] [i64 2, i64 3, i64 5, i64 7], align 64
declare float @rintf(float)
declare i64 @strlen(ptr)
define internal i64 @entry(i64 %n) noinline {
  %place = getelementptr [4 x i64], ptr @table, i64 0, i64 %n
  %value = load volatile i64, ptr %place
  ret i64 %value
}
define i64 @value(i64 %n) {
  %a = call i64 @entry(i64 %n)
  %b = sitofp i64 %a to float
  %c = call float @rintf(float %b)
  %d = fptosi float %c to i64
  %e = add i64 %d, 1
  ret i64 %e
}
define ptr @address() {
  ret ptr @strlen
}
"""
MACHINE_NUMBERS = sorted(MACHINES)


@pytest.fixture(params=MACHINE_NUMBERS)
def number(request: pytest.FixtureRequest) -> int:
    value: int = request.param
    return value


def segments_of(library: bytes) -> list[elf.Segment]:
    header = elf.Header._make(elf.HEADER_RECORD.unpack_from(library, elf.IDENT_BYTES))
    size = elf.SEGMENT_RECORD.size
    begins = [header.segments + size * n for n in range(header.segment_count)]
    return [elf.Segment._make(elf.SEGMENT_RECORD.unpack_from(library, at)) for at in begins]


def facts_of(library: bytes) -> list[elf.Dynamic]:
    (segment,) = [s for s in segments_of(library) if s.kind == elf.DYNAMIC]
    facts = []
    for fields in elf.DYNAMIC_RECORD.iter_unpack(
        library[segment.offset : segment.offset + segment.file_size]
    ):
        facts.append(elf.Dynamic._make(fields))
        if not facts[-1].tag:
            break
    return facts


def fact(library: bytes, tag: int) -> int:
    (value,) = [entry.value for entry in facts_of(library) if entry.tag == tag]
    return value


def symbols_of(library: bytes) -> dict[str, elf.Symbol]:
    names, table = fact(library, elf.STRING_TABLE), fact(library, elf.SYMBOL_TABLE)
    (count,) = struct.unpack_from("<I", library, fact(library, elf.HASH) + 4)
    symbols = {}
    for index in range(count):
        fields = elf.SYMBOL_RECORD.unpack_from(library, table + elf.SYMBOL_RECORD.size * index)
        symbol = elf.Symbol._make(fields)
        begin = names + symbol.name
        symbols[library[begin : library.index(b"\0", begin)].decode()] = symbol
    return symbols


def test_nothing_is_writable_and_executable_and_pages_are_not_shared_by_segments(
    number: int,
) -> None:
    library = link(object_of(CODE, TRIPLES[number]), ["value"])
    segments = segments_of(library)
    loads = [segment for segment in segments if segment.kind == elf.LOAD]
    rights = [segment.flags for segment in loads]
    read, write, execute = elf.MAY_READ, elf.MAY_WRITE, elf.MAY_EXECUTE
    assert rights == [read, read | execute, read | write]
    end = 0
    for segment in loads:
        assert segment.offset == segment.address == end
        assert segment.address % MACHINES[number].page == 0
        end = segment.address + segment.memory_size
    assert end == len(library)
    (stack,) = [segment for segment in segments if segment.kind == elf.STACK]
    assert not stack.flags & execute
    (sealed,) = [s for s in segments if s.kind == elf.READ_ONLY_AFTER_LOADING]
    assert (sealed.address, sealed.memory_size) == (loads[2].address, loads[2].memory_size)


def test_exports_and_imports_are_listed_and_nothing_else(number: int) -> None:
    library = link(object_of(CODE, TRIPLES[number]), ["value"])
    symbols = symbols_of(library)
    assert symbols.keys() == {"", "value", "rintf", "strlen"}
    code = segments_of(library)[1]
    assert code.address <= symbols["value"].value < code.address + code.file_size
    assert symbols["value"].section != elf.UNDEFINED
    assert symbols["rintf"].section == symbols["strlen"].section == elf.UNDEFINED
    assert fact(library, elf.FLAGS) & elf.BIND_NOW


def test_code_without_imports_needs_no_other_library(number: int) -> None:
    library = link(object_of("define i64 @one() { ret i64 1 }", TRIPLES[number]), ["one"])
    tags = {entry.tag for entry in facts_of(library)}
    assert not tags & {elf.NEEDED, elf.RELOCATIONS}


def arm_target(library: bytes, place: int) -> int:
    """Where ``adrp`` with the instruction after it, or ``bl``, leads: decoded anew."""
    first = int.from_bytes(library[place : place + 4], "little")
    second = int.from_bytes(library[place + 4 : place + 8], "little")
    if first >> 26 == 0b100101:
        words = first & 0x3FFFFFF
        return place + 4 * (words - (words >> 25 << 26))
    assert first & 0x9F000000 == 0x90000000
    pages = (first >> 5 & 0x7FFFF) << 2 | first >> 29 & 3
    scale = 3 if second >> 22 == 0b1111100101 else 0  # ldr of 64 bits, or add
    return (
        (place & ~0xFFF) + (pages - (pages >> 20 << 21) << 12) + ((second >> 10 & 0xFFF) << scale)
    )


def test_on_arm_every_distance_is_what_the_instructions_say() -> None:
    code = object_of(CODE, TRIPLES[183])
    library, source = link(code, ["value", "address"]), read(code)
    kinds = {r.kind for r in source.relocations}
    assert {275, 277, 283, 311, 312} <= kinds  # calls, constants, and addresses of imports
    code_segment, slots_segment = segments_of(library)[1:3]
    begin, slots = code_segment.address, slots_segment.address
    targets = {
        r.symbol.name: arm_target(library, begin + r.offset)
        for r in source.relocations
        if r.kind in {275, 283, 311}
    }
    assert {targets.pop("strlen"), arm_target(library, targets.pop("rintf"))} == {slots, slots + 8}
    assert set(targets.values()) == {library.index(struct.pack("<4Q", 2, 3, 5, 7))}


@pytest.mark.parametrize("machine", [X86_64, AARCH64])
def test_a_distance_that_does_not_fit_is_refused(machine: Machine) -> None:
    with pytest.raises(LinkError, match="too far"):
        machine.stub(0, 1 << 40)


REFUSED = {
    "variables": "@count = global i64 1\ndefine ptr @value() { ret ptr @count }",
    "variables of a thread": "@count = thread_local global i64 1\n"
    "declare ptr @llvm.threadlocal.address.p0(ptr)\n"
    "define ptr @value() { %a = call ptr @llvm.threadlocal.address.p0(ptr @count) ret ptr %a }",
    "tables of addresses": "@places = constant [1 x ptr] [ptr @value]\n"
    "define ptr @value() { ret ptr @places }",
}


@pytest.mark.parametrize("code", REFUSED.values(), ids=REFUSED.keys())
def test_what_would_have_to_be_written_to_is_refused(number: int, code: str) -> None:
    with pytest.raises(LinkError):
        link(object_of(code, TRIPLES[number]), ["value"])


def test_absolute_addresses_are_refused() -> None:
    code = object_of(CODE, TRIPLES[62], relocation="static")
    with pytest.raises(LinkError, match=r"type \d+ are not known|cannot be reached"):
        link(code, ["value"])


def test_other_machines_are_refused() -> None:
    with pytest.raises(LinkError, match="machine 243"):
        link(object_of("define i64 @one() { ret i64 1 }", "riscv64-unknown-linux-gnu"), ["one"])


def test_a_missing_function_is_named() -> None:
    with pytest.raises(LinkError, match="does not define other"):
        link(object_of(CODE, TRIPLES[62]), ["value", "other"])


@pytest.mark.parametrize("content", [b"", b"MZ", b"\x7fELF", b"\x7fELF\x02\x01\x01" + bytes(99)])
def test_what_is_no_object_file_is_refused(content: bytes) -> None:
    with pytest.raises(LinkError):
        link(content, ["value"])


OBJECTS = {number: object_of(CODE, triple) for number, triple in TRIPLES.items()}


@given(st.data())
def test_a_damaged_object_file_is_linked_or_refused_but_no_accident(data: st.DataObject) -> None:
    content = bytearray(OBJECTS[data.draw(st.sampled_from(MACHINE_NUMBERS))])
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
    del content[data.draw(st.integers(len(content) // 2, len(content))) :]
    try:
        library = link(bytes(content), ["value"])
    except LinkError:
        return
    assert len(library) < len(content) + (1 << 20)
