"""How threads share a pass.

A pass is a row of steps, each of so many units of work: rows, blocks of a matrix, heads. All
threads go through all steps. In each they take units, a few at a time: first of their own share,
which is the same in every pass, then of what others have left; and then they wait until all units
are done. So nobody waits for a thread that has not come: the others do its share.

Words that only grow hold all this. A word is the number of a step, which goes on counting from pass
to pass, and a count of units in the bits below; a word of an earlier step stands for a count of 0,
one of a later step for all units. That makes late threads harmless: one that comes while others are
further on, even in another pass, finds that nothing is left to take and nothing to wait for.

With one thread all of this is skipped: it takes all units at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from engine.kernels import layout
from engine.simd.atomics import call_function, load_word, pause, replace_word, store_word
from engine.simd.jit import kernel

if TYPE_CHECKING:
    from engine.kernels.plan import Plan

LINE = layout.LINE
COUNT_BITS = 20
"""Bits for a count of units."""
ROW_BITS = 8
"""Bits for a number of rows, up to `layout.MAX_ROWS`, in the word that announces a pass."""
ROWS = (1 << ROW_BITS) - 1
SERVINGS = 4
"""How often a thread goes for units of its own share in a step."""
SPINS = 100
"""How often a thread looks again at once for what it waits for, before it lets others run."""
PATIENCE = 500
"""How often a thread looks for the next pass before it gives up."""


class Team(NamedTuple):
    """The threads that share a pass, as one of them sees them.

    With one thread the addresses are not used.
    """

    threads: int
    number: int
    """Which one it is: 0 leads, the others help."""
    words: int
    """Address of the shared words, each at a cache line of its own: what pass is announced, what
    is done of a step, then how much was taken of each thread's share."""
    step: int
    """Address of this thread's own word: the step that it is at."""
    rest: int
    """Address of the function ``int name(void)`` that lets other threads run."""


class Part(NamedTuple):
    """Units that a thread has taken: from `first` to before `last`, none if they are equal."""

    first: int
    last: int
    taken: int
    """How many units it has taken in this step, these included."""


@kernel
def team_of(plan: Plan) -> Team:
    """The team that the plan tells of."""
    return Team(plan.threads, plan.thread, plan.words, plan.step, plan.rest)


@kernel
def share_begin(team: Team, units: int, thread: int) -> int:
    """Where a thread's share of so many units begins; the next thread's begin is its end."""
    return units * thread // team.threads


@kernel
def first_part(team: Team, units: int) -> Part:
    """The first units to do of a step of so many, in even numbers but for the end of a share."""
    if team.threads == 1:
        return Part(0, units, units)
    return _taken(team, units, 0)


@kernel
def next_part(team: Team, units: int, part: Part) -> Part:
    """What to do when a part is done; an empty part when everything is taken."""
    if team.threads == 1:
        return Part(units, units, units)
    return _taken(team, units, part.taken)


@kernel
def _taken(team: Team, units: int, before: int) -> Part:
    """Take units, of the own share as long as there are any; `before` were taken earlier."""
    for distance in range(team.threads):
        thread = (team.number + distance) % team.threads
        begin = share_begin(team, units, thread)
        size = share_begin(team, units, thread + 1) - begin
        first, last = _taken_of(team, thread, size)
        if first < last:
            return Part(begin + first, begin + last, before + last - first)
    return Part(0, 0, before)


@kernel
def _taken_of(team: Team, thread: int, size: int) -> tuple[int, int]:
    """Take units of a thread's share of `size`: from the first number to before the second."""
    word = team.words + LINE * (2 + thread)
    step = load_word(team.step) << COUNT_BITS
    serving = (size + 2 * SERVINGS - 1) // (2 * SERVINGS) * 2
    seen = load_word(word)
    first = max(seen - step, 0)
    while first < size:
        last = min(first + serving, size)
        found = replace_word(word, seen, step + last)
        if found == seen:
            return first, last
        seen = found
        first = max(seen - step, 0)
    return size, size


@kernel
def finish(team: Team, units: int, part: Part) -> None:
    """End a step of so many units: wait until all are done; `part` is what this thread had last."""
    if team.threads > 1:
        step = load_word(team.step) << COUNT_BITS
        done = team.words + LINE
        if part.taken > 0:
            seen = load_word(done)
            found = replace_word(done, seen, max(seen, step) + part.taken)
            while found != seen:
                seen = found
                found = replace_word(done, seen, max(seen, step) + part.taken)
        looks = 0
        while load_word(done) < step + units:
            looks += 1
            _wait(team, looks)
        store_word(team.step, load_word(team.step) + 1)


@kernel
def _wait(team: Team, looks: int) -> None:
    """Wait a little, as somebody who has looked so often."""
    if looks < SPINS:
        pause()
    else:
        call_function(team.rest)


@kernel
def begin_pass(team: Team, rows: int, first_logits: int) -> int:
    """The pass to make, as a word that says how many rows it has and which first has logits.

    Who leads announces it. Who helps waits for one a while; 0 if none came.
    """
    if team.number > 0:
        return _awaited(team, 0)
    announced = rows << ROW_BITS | first_logits
    if team.threads > 1:
        announced |= load_word(team.step) << 2 * ROW_BITS
        store_word(team.words, announced)
    return announced


@kernel
def rows_of(announced: int) -> int:
    """How many rows a pass has."""
    return announced >> ROW_BITS & ROWS


@kernel
def first_logits_of(announced: int) -> int:
    """The first row of a pass that has logits."""
    return announced & ROWS


@kernel
def end_pass(team: Team, announced: int) -> int:
    """The pass to make next: none for who leads, for who helps one that comes within a while."""
    if team.number > 0:
        return _awaited(team, announced)
    if team.threads > 1:
        store_word(team.words, 0)
    return 0


@kernel
def _awaited(team: Team, before: int) -> int:
    """Wait for a pass that is not the one `before`; 0 if none came for long."""
    announced: int = load_word(team.words)
    looks = 0
    while not announced or announced == before:
        looks += 1
        if looks > PATIENCE:
            return 0
        _wait(team, looks)
        announced = load_word(team.words)
    store_word(team.step, announced >> 2 * ROW_BITS)
    return announced
