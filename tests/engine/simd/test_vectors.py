"""Single operations, in children: numba never enters a running program, nor these tests."""

from __future__ import annotations

import pytest

from tests.support.children import run_python


@pytest.mark.parametrize("isa", ["", "generic"])
def test_half_precision_is_numpys_in_hardware_and_in_software(isa: str) -> None:
    check = "from tests.support import vector_checks; vector_checks.halves()"
    assert run_python(check, QUICKTYPE_ISA=isa).startswith("same")


def test_the_exponential_is_good_to_the_last_place_and_never_overflows() -> None:
    check = "from tests.support import vector_checks; vector_checks.exponential()"
    error, smallest, largest = map(float, run_python(check).split())
    assert error < 2**-22
    assert 0 < smallest < 1e-37
    assert 1e37 < largest < 3e38
