"""The thread that reads conversations: when the focus came, and again when things are calm."""

from __future__ import annotations

import queue
import threading
import time
from typing import TYPE_CHECKING, Literal

from ui.platform.interface import Reading
from ui.platform.speakers import ME, Own
from ui.x11.bus import Bus
from ui.x11.conversation import read_conversation

if TYPE_CHECKING:
    from collections.abc import Callable

    from ui.platform.interface import ScreenConversation
    from ui.x11.bus import Ref
    from ui.x11.eyes import Seen

    News = Seen | bool | None | Literal["stirred"]

CALM_S = 0.7
"""So long after the last change of the field its conversation is read again."""
SLOWEST_S = 10.0
"""Where much changes that says nothing (a clock, an animation), it is read ever more seldom.

So often it is read where new messages may come without a word, too.
"""
_REMEMBERED = 4
"""So many messages that were sent are looked for in what is read next."""


class OwnMessages:
    """Learns as whom the user writes in an app: what they sent comes to stand there as theirs.

    It lives in memory only, and forgets the texts when the focus leaves the field.
    """

    def __init__(self) -> None:
        self._field: Ref | None = None
        self._typed = ""
        self._sent: list[str] = []
        self._names: dict[str, str] = {}

    def follow(self, field: Ref, text: str) -> None:
        """The field holds this now; one that is emptied may have been sent."""
        if field != self._field:
            self._field, self._typed, self._sent = field, "", []
        if not text.strip() and self._typed:
            self._sent = [*self._sent, self._typed][-_REMEMBERED:]
        self._typed = text.strip()

    def known(self, last: ScreenConversation | None) -> Own:
        """What helps to read this field's conversation; `last` is what stood there before."""
        before = {turn.text for turn in last.conversation.turns} if last else set()
        new = tuple(text for text in self._sent if text not in before)
        return Own(sent=new, name=self._names.get(self._field.owner, "") if self._field else "")

    def learn(self, found: ScreenConversation) -> None:
        """A conversation was read: as whom the user writes holds for the whole app from now on."""
        ours = {turn.text for turn in found.conversation.turns if turn.speaker == found.me}
        if self._field and found.me != ME and ours & set(self._sent):
            self._names[self._field.owner] = found.me
        self._sent = [text for text in self._sent if text not in ours]


class ConversationReader:
    """`tell` is called on the reader's thread, and only when something changed."""

    def __init__(
        self, address: Callable[[], str], tell: Callable[[ScreenConversation], None]
    ) -> None:
        self._address, self._tell = address, tell
        self._wanted: queue.SimpleQueue[News] = queue.SimpleQueue()
        self._bus: Bus | None = None
        self._own = OwnMessages()
        self._seen: Seen | None = None
        self._last: ScreenConversation | None = None
        self._due, self._pause = float("inf"), CALM_S
        self._stirred = False
        self._thread = threading.Thread(target=self._run, name="quicktype-talk", daemon=True)

    @property
    def turns(self) -> int | None:
        """How many messages the newest conversation has; None when none was read."""
        last = self._last
        return len(last.conversation.turns) if last is not None else None

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._wanted.put(False)
        self._thread.join(2.0)

    def follow(self, seen: Seen | None) -> None:
        """The focused field was read: its conversation is wanted; None: no field has the focus."""
        self._wanted.put(seen)

    def refresh(self) -> None:
        """Read it again now, and tell it in any case."""
        self._wanted.put(True)

    def stir(self) -> None:
        """Something changed in the app that has the focus: a message may have come."""
        if not self._stirred:
            self._stirred = True
            self._wanted.put("stirred")

    def _run(self) -> None:
        while True:
            try:
                patience = min(max(0.0, self._due - time.monotonic()), 3600.0)
                news = self._wanted.get(timeout=patience)
            except queue.Empty:
                self._look()
                continue
            if news is False:
                break
            self._take(news)
        if self._bus is not None:
            self._bus.close()

    def _take(self, news: News) -> None:
        if news is None:
            self._seen, self._last, self._due = None, None, float("inf")
            return
        now = time.monotonic()
        if isinstance(news, str):
            self._due = min(self._due, now + self._pause)
            return
        self._pause = CALM_S
        if isinstance(news, bool):
            self._last, self._due = None, now
            return
        another = self._seen is None or self._seen.node != news.node
        if another:
            self._last = None
        if news.passage is not None and news.allowed is not Reading.NOTHING:
            self._seen = news
            self._own.follow(news.node, news.passage.draft.text)
        elif another or news.allowed is Reading.NOTHING:
            self._seen = None
        else:  # some apps lock the field while they send
            self._own.follow(news.node, "")
        self._due = now if another else now + CALM_S

    def _look(self) -> None:
        self._due, self._stirred = float("inf"), False
        if self._seen is not None:
            if not self._seen.place.program.traits.tells_lists:
                self._due = time.monotonic() + SLOWEST_S
            found = self._read(self._seen)
            if found is None or found == self._last:
                self._pause = min(2 * self._pause, SLOWEST_S)
                if found is None:
                    self._due = min(self._due, time.monotonic() + self._pause)
            else:
                self._pause = CALM_S
                self._own.learn(found)
                self._last = found
                self._tell(found)

    def _read(self, seen: Seen) -> ScreenConversation | None:
        try:
            if self._bus is None or self._bus.broken:
                self._bus = Bus(self._address())
            return read_conversation(self._bus, seen, self._own.known(self._last))
        except TimeoutError:
            return None
        except (OSError, ValueError):
            if self._bus is not None:
                self._bus.close()
            self._bus = None
            return None
