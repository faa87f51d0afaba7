"""Looking at one thing after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quicktype.doctor.check import Check, State, examine

if TYPE_CHECKING:
    from quicktype.doctor.check import Notify


def a_good_thing(notify: Notify) -> Check:
    notify("this takes a while")
    return Check("good thing", State.OK, "as it should be", facts={"size": 1})


def a_strange_thing(_notify: Notify) -> Check:
    raise RuntimeError("nobody expected this")


def test_what_cannot_be_looked_at_has_failed_and_the_rest_goes_on() -> None:
    lines: list[str] = []
    strange, good = examine([a_strange_thing, a_good_thing], lines.append)
    assert (strange.name, strange.state) == ("a strange thing", State.FAIL)
    assert strange.found == "RuntimeError: nobody expected this"
    assert good.state is State.OK
    assert lines == ["this takes a while"]


def test_a_check_as_json() -> None:
    (check,) = examine([a_good_thing], print)
    assert check.to_json() == {
        "name": "good thing",
        "state": "ok",
        "found": "as it should be",
        "remedy": None,
        "facts": {"size": 1},
    }
