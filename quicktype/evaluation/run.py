"""The whole evaluation of one subject, in one pass, on several processes."""

from __future__ import annotations

from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from typing import TYPE_CHECKING

import numpy as np

from quicktype.evaluation.answers import replay
from quicktype.evaluation.marks import Marks
from quicktype.evaluation.typist import typed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from quicktype.evaluation.answers import Subject, SubjectMaker
    from quicktype.evaluation.cases import Case

THRESHOLDS = np.round(np.arange(0.05, 1.0, 0.025), 3)
"""The points of the precision-coverage curve."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one message gave: tallies [thresholds, fields], and marks."""

    case: Case
    tallies: NDArray[np.float64]
    marks: Marks


@dataclass(frozen=True, slots=True)
class SliceResult:
    """Of one slice, or of all: tallies [conversations, thresholds, fields]."""

    name: str
    messages: int
    tallies: NDArray[np.float64]
    marks: Marks


def outcomes(
    maker: SubjectMaker, cases: Sequence[Case], jobs: int, done: Callable[[Case], None]
) -> list[Outcome]:
    """Replays all cases, on so many processes; `done` hears of each, and they come in any order."""
    if jobs == 1:
        subject = maker()
        found = []
        for case in cases:
            found.append(_outcome(subject, case))
            done(case)
        return found
    with ProcessPoolExecutor(
        jobs, mp_context=get_context("spawn"), initializer=_begin, initargs=(maker,)
    ) as pool:
        futures = {pool.submit(_in_child, case): case for case in cases}
        found = []
        for future in as_completed(futures):
            found.append(future.result())
            done(futures[future])
    return found


def by_slice(found: Sequence[Outcome]) -> list[SliceResult]:
    """Sums for each slice, in order of name, and last for all."""
    slices: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in found:
        slices[outcome.case.slice].append(outcome)
    results = [_joined(name, slices[name]) for name in sorted(slices)]
    return [*results, _joined("all", found)]


def _joined(name: str, found: Sequence[Outcome]) -> SliceResult:
    chats: dict[tuple[str, str], NDArray[np.float64]] = {}
    marks = Marks()
    for outcome in found:
        key = (outcome.case.slice, outcome.case.chat)
        chats[key] = chats.get(key, 0) + outcome.tallies
        marks.join(outcome.marks)
    return SliceResult(name, len(found), np.stack([chats[key] for key in sorted(chats)]), marks)


def _outcome(subject: Subject, case: Case) -> Outcome:
    answers = replay(subject, case)
    tallies = [typed(case.text, answers, float(threshold)).as_array() for threshold in THRESHOLDS]
    marks = Marks()
    marks.add(case.text, answers)
    return Outcome(case, np.stack(tallies), marks)


_subjects: list[Subject] = []
"""The one of this process, when it works for another."""


def _begin(maker: SubjectMaker) -> None:
    _subjects[:] = [maker()]


def _in_child(case: Case) -> Outcome:
    return _outcome(_subjects[0], case)
