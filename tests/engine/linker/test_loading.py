"""Linked libraries in the system's own loader: they compute what the code says."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.linker import link
from tests.support.children import run_python
from tests.support.objects import object_of

if TYPE_CHECKING:
    from pathlib import Path

POLYNOMIAL = """
define i64 @value(i64 %x) {{
  %a = mul i64 %x, {a}
  %b = add i64 %a, {b}
  ret i64 %b
}}
"""

TABLE = """
@table = internal constant [8 x i64] [i64 2, i64 3, i64 5, i64 7, i64 11, i64 13, i64 17, i64 19]
@shorts = internal constant <4 x float> <float 0.5, float 1.5, float 2.5, float 3.5>, align 64
define internal i64 @entry(i64 %n) noinline {
  %place = getelementptr [8 x i64], ptr @table, i64 0, i64 %n
  %value = load volatile i64, ptr %place
  ret i64 %value
}
define i64 @sum(i64 %n) {
  %a = call i64 @entry(i64 %n)
  %rest = xor i64 %n, 7
  %b = call i64 @entry(i64 %rest)
  %c = add i64 %a, %b
  ret i64 %c
}
define float @shortly(i64 %n) {
  %place = getelementptr <4 x float>, ptr @shorts, i64 0, i64 %n
  %value = load volatile float, ptr %place
  ret float %value
}
"""

IMPORTS = """
declare float @rintf(float)
declare ptr @memset(ptr, i32, i64)
declare i64 @strlen(ptr)
define i64 @rounded(i64 %x) {
  %a = sitofp i64 %x to float
  %b = fdiv float %a, 4.0
  %c = call float @rintf(float %b)
  %d = fptosi float %c to i64
  ret i64 %d
}
define i64 @length(i64 %n) {
  %text = alloca [64 x i8]
  %all = call ptr @memset(ptr %text, i32 0, i64 64)
  %some = call ptr @memset(ptr %text, i32 65, i64 %n)
  %length = call i64 @strlen(ptr %text)
  ret i64 %length
}
define ptr @address(i64 %unused) {
  ret ptr @strlen
}
"""


def loaded(folder: Path, code: str, *exports: str) -> ctypes.CDLL:
    path = folder / "linked.so"
    path.write_bytes(link(object_of(code), exports))
    return ctypes.CDLL(str(path))


def call(library: ctypes.CDLL, name: str, argument: int) -> int:
    function = library[name]
    function.argtypes, function.restype = [ctypes.c_int64], ctypes.c_int64
    return int(function(argument))


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(a=st.integers(-99, 99), b=st.integers(-9999, 9999), x=st.integers(-1000, 1000))
def test_a_function_computes_what_its_code_says(
    tmp_path_factory: pytest.TempPathFactory, a: int, b: int, x: int
) -> None:
    folder = tmp_path_factory.mktemp("polynomial")  # the loader knows a library by its path
    library = loaded(folder, POLYNOMIAL.format(a=a, b=b), "value")
    assert call(library, "value", x) == a * x + b


def test_code_finds_its_constants_and_its_own_functions(tmp_path: Path) -> None:
    library = loaded(tmp_path, TABLE, "sum", "shortly")
    assert [call(library, "sum", n) for n in range(4)] == [21, 20, 18, 18]
    shortly = library["shortly"]
    shortly.argtypes, shortly.restype = [ctypes.c_int64], ctypes.c_float
    assert [shortly(n) for n in range(4)] == [0.5, 1.5, 2.5, 3.5]


def test_functions_of_the_c_library_are_called(tmp_path: Path) -> None:
    library = loaded(tmp_path, IMPORTS, "rounded", "length", "address")
    assert [call(library, "rounded", x) for x in (1, 2, 3, 5, 6, 7, -6)] == [0, 0, 1, 1, 2, 2, -2]
    assert [call(library, "length", n) for n in (0, 1, 30)] == [0, 1, 30]
    strlen = ctypes.cast(ctypes.CDLL(None)["strlen"], ctypes.c_void_p).value
    assert call(library, "address", 0) == strlen


def test_only_what_is_exported_can_be_looked_up(tmp_path: Path) -> None:
    library = loaded(tmp_path, TABLE, "sum")
    with pytest.raises(AttributeError):
        library["shortly"]


def test_a_name_that_the_system_lacks_is_found_out_when_loading(tmp_path: Path) -> None:
    code = "declare i64 @nobody_has_this(i64)\n" + POLYNOMIAL.format(a=1, b=1).replace(
        "mul i64 %x, 1", "call i64 @nobody_has_this(i64 %x)"
    )
    with pytest.raises(OSError, match="nobody_has_this"):
        loaded(tmp_path, code, "value")


MAPPED = """
import ctypes, sys
library = ctypes.CDLL(sys.argv[1])
for line in open("/proc/self/maps"):
    if sys.argv[1] in line:
        print(line.split()[1])
stack = next(line for line in open("/proc/self/maps") if "[stack]" in line)
print(stack.split()[1])
"""


def test_no_page_is_writable_once_loaded_nor_the_stack_executable(tmp_path: Path) -> None:
    (tmp_path / "linked.so").write_bytes(link(object_of(IMPORTS), ["rounded"]))
    pages = run_python(MAPPED, str(tmp_path / "linked.so")).split()
    assert pages == ["r--p", "r-xp", "r--p", "rw-p"]


HARDENED = """
import ctypes, sys
PR_SET_MDWE, REFUSE_EXEC_GAIN = 65, 1
libc = ctypes.CDLL(None)
libc.prctl(PR_SET_MDWE, REFUSE_EXEC_GAIN, 0, 0, 0)  # Linux 6.3 and later; before, it is refused
function = ctypes.CDLL(sys.argv[1])["rounded"]
function.argtypes, function.restype = [ctypes.c_int64], ctypes.c_int64
print(function(6))
"""


def test_a_process_that_may_not_make_code_loads_it(tmp_path: Path) -> None:
    (tmp_path / "linked.so").write_bytes(link(object_of(IMPORTS), ["rounded"]))
    assert run_python(HARDENED, str(tmp_path / "linked.so")).split() == ["2"]
