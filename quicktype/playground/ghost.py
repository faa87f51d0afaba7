"""What shows beside the draft, and what the keys do to it; free of terminals and of threads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quicktype.draft import Draft, Keystroke
from quicktype.suggestion import Suggestion

if TYPE_CHECKING:
    from quicktype.suggestion import Candidate


class Ghost:
    """The suggestion for one draft.

    Each request has a number; an answer to an older one is dropped. A draft that goes on along the
    suggestion consumes it without a request.
    """

    def __init__(self) -> None:
        self.draft = Draft("", "")
        self._suggestion: Suggestion | None = None
        self._asked = 0
        self._asked_for = self.draft
        self._accept: tuple[Draft, Draft] | None = None
        self._quiet: Draft | None = None

    @property
    def candidate(self) -> Candidate | None:
        """What shows, if anything."""
        return self._suggestion.shown if self._suggestion else None

    @property
    def text(self) -> str:
        """The ghost text; empty when nothing shows."""
        return self.candidate.text if self.candidate else ""

    def edited(self, draft: Draft) -> int | None:
        """The draft has become this; gives the number of the request to make, if one is needed."""
        self.draft = draft
        self._suggestion = self._suggestion.advance(draft) if self._suggestion else None
        if self._suggestion or draft == self._quiet:
            return None
        return self.renew()

    def renew(self) -> int:
        """Drops what shows; gives the number of the request to make for the draft as it stands."""
        self._suggestion = None
        self._quiet = None
        self._asked += 1
        self._asked_for = self.draft
        return self._asked

    def answered(self, number: int, candidates: tuple[Candidate, ...]) -> bool:
        """Shows an answer, or drops one that is stale; gives whether it counted."""
        if number != self._asked:
            return False
        if not candidates:
            self._suggestion = None
            return True
        fresh = Suggestion(self._asked_for, candidates).advance(self.draft)
        self._suggestion = fresh or self._suggestion
        return True

    def take_word(self) -> str:
        """The next word of what shows, which now goes in at the caret."""
        return self._take(self.candidate.words[0].text if self.candidate else "")

    def take_all(self) -> str:
        """All that shows, which now goes in at the caret."""
        return self._take(self.text)

    def next_candidate(self) -> None:
        """Shows the next candidate, after the last the first again."""
        if self._suggestion:
            self._suggestion = self._suggestion.cycle()

    def dismiss(self) -> None:
        """Hides what shows, and what is still being computed."""
        self._suggestion = None
        self._quiet = self.draft
        self._asked += 1

    def take_back(self) -> int:
        """How many characters before the caret go, straight after an accept; else none."""
        if self._accept is None or self._accept[1] != self.draft:
            return 0
        before, after = self._accept
        self.dismiss()
        self._quiet = before
        return len(after.before) - len(before.before)

    def _take(self, text: str) -> str:
        if text:
            self._accept = (self.draft, self.draft.apply(Keystroke.typing(text)))
        return text
