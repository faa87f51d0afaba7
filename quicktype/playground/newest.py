"""A thread that answers the newest of what it is asked."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Asked = TypeVar("Asked")
Answerer = TypeVar("Answerer")


class NewestFirst(Generic[Asked, Answerer]):
    """Answers one thing at a time; what is asked supersedes what was asked before.

    `make` gives what answers; it may take its time, and say on what, for `excuse` to tell. `refuse`
    tells why there will be no answer. All are called from the thread.
    """

    def __init__(
        self,
        name: str,
        make: Callable[[Callable[[str], None]], Answerer],
        answer: Callable[[Answerer, Asked], None],
        excuse: Callable[[Asked, str], None],
        refuse: Callable[[Asked, str], None],
    ) -> None:
        self._make, self._answer = make, answer
        self._excuse, self._refuse = excuse, refuse
        self._newest: Asked | None = None
        self._taken: Asked | None = None
        self._closed = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begins."""
        self._thread.start()

    def ask(self, asked: Asked) -> None:
        """Supersedes what was asked before."""
        with self._changed:
            self._newest = asked
            self._changed.notify()

    def close(self) -> None:
        """Ends once the step that is being computed is done."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def superseded(self, asked: Asked) -> bool:
        """Whether nobody waits for this answer any more."""
        return self._closed or self._newest is not asked

    def _run(self) -> None:
        try:
            answerer = self._make(self._waiting)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told to all that ask
            while (asked := self._next()) is not None:
                self._refuse(asked, str(error))
            return
        while (asked := self._next()) is not None:
            try:
                self._answer(answerer, asked)
            except Exception as error:  # noqa: BLE001 - one that fails must not end the chat
                if not self.superseded(asked):
                    self._refuse(asked, str(error))

    def _next(self) -> Asked | None:
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._newest is not self._taken)
            self._taken = self._newest
            return None if self._closed else self._newest

    def _waiting(self, why: str) -> None:
        if self._newest is not None:
            self._excuse(self._newest, why)
