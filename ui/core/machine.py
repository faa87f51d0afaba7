"""The state machine: keys, fields and answers in, actions out. Pure, and for one thread at a time.

Each method is one event and gives what is to be done, in order. Time comes in with the events;
`wake_at` says when `tick` wants to be called.

What holds at all times (tests/ui/core/test_machine_properties.py):

- Nothing is asked, shown, taken or learned where `silence` has a reason against it.
- What shows goes on exactly the draft that the field held when it was read last, and a key that may
  have changed the draft hides it within `GRACE` unless the field has been read again. Until then
  it stays where it was, and what was typed along is painted over by the app itself.
- An answer counts only for the newest question.
- No line break is ever put in: in a chat it would send.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from quicktype import protocol
from quicktype.draft import Keystroke
from ui.core import actions as do
from ui.core import silence as silences
from ui.core import telling
from ui.core.actions import Action, Event, Mood, Refresh, Show, Tell
from ui.core.edits import Accepted, Edits
from ui.core.offer import Offer, Question
from ui.core.rules import Behaviour, Rules
from ui.core.sending import Sending
from ui.core.silence import Silence
from ui.core.stage import Stage
from ui.core.wishes import Wish, wanted_wishes, wishes
from ui.platform.interface import (
    PASS,
    SWALLOW,
    Chord,
    Insertion,
    KeyKind,
    Reading,
    Removal,
    ScreenConversation,
    Verdict,
)

if TYPE_CHECKING:
    from quicktype.conversation import Conversation
    from quicktype.draft import Draft
    from ui.core.settings import Settings
    from ui.platform.interface import App, ChordPress, Click, Done, Field, KeyPress

GRACE = 0.03
"""Seconds that a suggestion may stay after a key until the field has been read again."""
_ASKED_FOR = 0.1
"""How sure the words of an answer must be that the user asked for."""
_BACKSPACE = Chord("BackSpace")
# Reasons that the next key may end: the tray does not tell of them.
_PASSING = frozenset({Silence.SELECTED, Silence.COMPOSING, Silence.INSIDE})
_GOES_ON = frozenset({KeyKind.TEXT, KeyKind.OTHER})
"""Keys that may go on along the suggestion, or change nothing."""
_ENDS = frozenset({KeyKind.ENTER, KeyKind.ESCAPE, KeyKind.TAB})


class Machine:
    """What quicktype does on the desktop, whichever desktop it is."""

    def __init__(self, settings: Settings, *, paused: bool = False) -> None:
        self._settings = settings
        self._rules = Rules(settings.rules)
        self._paused = paused
        self._field: Field | None = None
        self._key = 0
        self._screen: ScreenConversation | None = None
        self._offer = Offer()
        self._edits = Edits()
        self._sending = Sending()
        self._stage = Stage()
        self._held: Chord | None = None
        self._check_at: float | None = None
        self._numbers = 0
        self._counted = 0
        self._timed = 0

    # --- what may be asked at any time -----------------------------------------------------------

    @property
    def wake_at(self) -> float | None:
        """When `tick` is to be called, by the clock of the events; None: no need."""
        times = [time for time in (self._check_at, self._edits.wake_at) if time is not None]
        return min(times, default=None)

    def reading(self, app: App, site: str) -> Reading:
        """How much may be read there."""
        if self._paused or not self._settings.enabled:
            return Reading.NOTHING
        return silences.reading(self._rules.behaviour(silences.place(app, site)))

    # --- switches --------------------------------------------------------------------------------

    def configured(self, settings: Settings) -> list[Action]:
        """The settings are these now."""
        self._settings = settings
        self._rules = Rules(settings.rules)
        return self._afresh()

    def paused(self, *, on: bool) -> list[Action]:
        """Pause, or go on."""
        self._paused = on
        return self._afresh()

    def connected(self) -> list[Action]:
        """A daemon is there, one that knows nothing of what was asked before."""
        self._offer.question = None
        self._offer.renew()
        self._stage.do(Refresh())
        return self._flush()

    def _afresh(self) -> list[Action]:
        self._stop()
        self._stage.do(Refresh())
        return self._flush()

    # --- what the user does ----------------------------------------------------------------------

    def key(self, press: KeyPress) -> list[Action]:
        """A key went to the app."""
        if self._silence() is None:
            self._key_here(press)
        self._key = press.sequence
        self._held = None
        self._edits.accepted = None
        if press.kind in _ENDS:
            self._offer.drop()
        if press.kind not in _GOES_ON:
            self._stage.hide()
        return self._flush()

    def _key_here(self, press: KeyPress) -> None:
        """A key where quicktype serves: the field is to be told anew within the grace."""
        whole = self._field is not None and self._is_current(self._field)
        self._sending.key(press, self._field, whole=whole)
        if press.kind is KeyKind.TEXT:
            self._stage.do(do.Count(Event.TYPED))
        if self._check_at is None:
            self._check_at = press.at + GRACE

    def click(self, click: Click) -> list[Action]:
        """A mouse button went down."""
        if self._silence() is None:
            whole = self._field is not None and self._is_current(self._field)
            self._sending.click(click, self._field, whole=whole)
        self._held = None
        self._edits.accepted = None
        self._offer.drop()
        self._stage.hide()
        return self._flush()

    def field(self, field: Field | None, now: float) -> list[Action]:
        """The focused field is like this now."""
        previous, self._field = self._field, field
        if field is None or previous is None or field.identity != previous.identity:
            self._stop()
            self._sending.forget()
            self._screen = None
        if self._silence() is not None or field is None or field.draft is None:
            self._stop()
            return self._flush()
        self._sent(field, self._sending.read(field, now))
        if field.sequence >= self._key and self._edits.shown(field.sequence, field.draft):
            self._check_at = None
            self._settle(field, field.draft, now)
        else:
            self._offer.passed(field.draft)
            if not self._offer.fits(field.draft):
                self._stage.hide()
        return self._flush()

    def conversation(self, screen: ScreenConversation, now: float) -> list[Action]:
        """The conversation around the field was read."""
        suggesting, field = self._settings.suggestions, self._field
        if field is None or screen.field != field.identity or screen == self._screen:
            return []
        if not suggesting.read_conversation or self._silence() is not None:
            return []
        self._screen = screen
        self._offer.renew()
        if field.draft is not None and field.draft.text:
            if self._is_current(field) and not suggesting.on_request:
                self._ask(field, field.draft, now)
        elif suggesting.prepare:
            self._stage.do(Tell(telling.prepare(self._talk(field))))
        return self._flush()

    def clipboard(self, turns: Conversation, now: float) -> list[Action]:
        """The clipboard held this conversation."""
        if self._field is None or not turns.turns:
            return []
        speaker = self._talk(self._field).speaker
        return self.conversation(ScreenConversation(self._field.identity, turns, speaker), now)

    # --- chords ----------------------------------------------------------------------------------

    def chord(self, press: ChordPress, now: float) -> tuple[Verdict, list[Action]]:
        """An armed chord was pressed: is it ours, and what does it do?"""
        if press.repeated:
            return (SWALLOW if self._held == press.chord else PASS), []
        verdict = self._verdict(press, now)
        self._held = press.chord if verdict.taken else None
        if not isinstance(verdict.edit, Insertion):
            self._edits.accepted = None
        return verdict, self._flush()

    def _verdict(self, press: ChordPress, now: float) -> Verdict:
        wish = wishes(self._settings.keys, self._behaviour()).get(press.chord)
        if wish is Wish.PAUSE:
            return self._wish_for(do.TogglePause())
        field = self._field
        if field is None or press.chord not in self._stage.armed or self._silence() is not None:
            return PASS
        match wish:
            case None:
                verdict = self._take_back(press)
            case Wish.ACCEPT_WORD | Wish.ACCEPT_ALL:
                verdict = self._accept(press, field, whole=wish is Wish.ACCEPT_ALL)
            case Wish.ASK_NOW:
                verdict = self._ask_now(field, now)
            case Wish.READ_CLIPBOARD:
                verdict = self._wish_for(do.ReadClipboard())
            case _:
                verdict = self._with_what_shows(wish)
        return verdict

    def _wish_for(self, action: Action) -> Verdict:
        self._stage.do(action)
        return SWALLOW

    def _accept(self, press: ChordPress, field: Field, *, whole: bool) -> Verdict:
        if self._edits.unfinished:
            return SWALLOW
        suggestion = self._offer.suggestion
        if suggestion is None or not self._is_acceptable(press, field):
            return PASS
        words = suggestion.shown.words if whole else suggestion.shown.words[:1]
        text = "".join(word.text for word in words)
        before, after = suggestion.draft, suggestion.draft.apply(Keystroke.typing(text))
        number = self._number()
        self._cancel()
        self._edits.accept(Accepted(number, before, after, text, self._offer.source))
        self._offer.settle(after)
        self._stage.hide()
        self._feedback("accepted", text, self._offer.source)
        self._stage.do(do.Count(Event.ACCEPTED))
        self._stage.do(do.Count(Event.ACCEPTED_CHARACTERS, len(text)))
        self._stage.do(do.Count(Event.ACCEPTED_WORDS, len(words)))
        insertion = Insertion(number, field.identity, text, self._behaviour().insert)
        return Verdict(taken=True, edit=insertion)

    def _is_acceptable(self, press: ChordPress, field: Field) -> bool:
        """Whether what would go in is what the user means."""
        if self._edits.on_the_way:  # the key again, and nothing can have come between
            return self._edits.follows(press.sequence)
        return press.fresh and self._stage.shown is not None and self._is_current(field)

    def _take_back(self, press: ChordPress) -> Verdict:
        if press.chord != _BACKSPACE or not self._edits.follows(press.sequence):
            return PASS
        accepted = self._edits.take_back()
        if accepted is None:
            return PASS
        self._feedback("dismissed", accepted.text, accepted.source)
        self._stage.do(do.Count(Event.TAKEN_BACK))
        self._stage.do(do.Count(Event.TAKEN_BACK_CHARACTERS, len(accepted.text)))
        self._be_quiet(accepted.before)
        return Verdict(taken=True, edit=Removal(accepted.number))

    def _ask_now(self, field: Field, now: float) -> Verdict:
        if field.draft is None or not self._is_current(field):
            return PASS
        self._offer.drop()
        self._stage.hide()
        self._ask(field, field.draft, now, wanted=True)
        return SWALLOW

    def _with_what_shows(self, wish: Wish) -> Verdict:
        suggestion = self._offer.suggestion
        if self._stage.shown is None or suggestion is None:
            return PASS
        if wish is Wish.NEXT:
            if not self._offer.cycle():
                return PASS
            self._present(announce=True)
        else:
            self._feedback("dismissed", suggestion.shown.text, self._offer.source)
            self._stage.do(do.Count(Event.DISMISSED))
            self._be_quiet(suggestion.draft)
        return SWALLOW

    # --- what comes back -------------------------------------------------------------------------

    def done(self, done: Done, now: float) -> list[Action]:
        """An insertion or a removal has ended."""
        if self._edits.ended(done, now):
            self._key = max(self._key, done.sequence)
            if done.trouble:
                self._offer.forget()
                self._stage.do(Refresh())
        return self._flush()

    def answer(
        self, message: protocol.Suggestions | protocol.Done | protocol.Error, now: float
    ) -> list[Action]:
        """The daemon answered a question; answers to older ones are nothing."""
        question, field = self._offer.question, self._field
        if question is None or message.id != question.number:
            return []
        candidates = () if isinstance(message, protocol.Error) else message.candidates
        draft = field.draft if field is not None else None
        if draft is not None and self._offer.answer(candidates, draft):
            self._present(announce=True)
        if not isinstance(message, protocol.Suggestions):
            self._offer.close(found=bool(candidates))
            if self._offer.suggestion is None:
                self._stage.hide()
        if self._timed != question.number and not isinstance(message, protocol.Error):
            self._timed = question.number
            self._stage.do(do.Took(1000 * (now - question.at)))
        return self._flush()

    def tick(self, now: float) -> list[Action]:
        """Time has passed."""
        if self._check_at is not None and now >= self._check_at:
            self._check_at = None
            self._stage.hide()
            self._stage.do(Refresh())
        if self._edits.give_up(now):
            self._stage.do(Refresh())
        return self._flush()

    # --- the course of things --------------------------------------------------------------------

    def _settle(self, field: Field, draft: Draft, now: float) -> None:
        """The field has been read and holds all that the keys did."""
        before = self._offer.suggestion
        wanted = self._offer.settle(draft)
        if self._offer.suggestion is not None:
            self._present(announce=False)
            return
        self._stage.hide()
        if before is not None:
            self._ended(before.shown.text, before.draft, draft)
        if wanted and not (draft.text or self._settings.suggestions.openings):
            self._be_quiet(draft)
        elif wanted and not self._settings.suggestions.on_request:
            self._ask(field, draft, now)

    def _ended(self, text: str, old: Draft, new: Draft) -> None:
        """A suggestion does not fit any more: was something else typed?"""
        typed = new.before.removeprefix(old.before)
        along = text.startswith(typed) or typed.startswith(text)
        if new.before.startswith(old.before) and not along:
            self._feedback("typed_over", text, self._offer.source)
            self._stage.do(do.Count(Event.TYPED_OVER))

    def _ask(self, field: Field, draft: Draft, now: float, *, wanted: bool = False) -> None:
        """Asks about a draft; `wanted` by the user, anything is better than silence."""
        suggesting = self._settings.suggestions
        number = self._number()
        self._offer.ask(Question(number, draft, now, _ASKED_FOR if wanted else 0.0))
        eagerness = self._behaviour().eagerness or suggesting.eagerness
        talk = self._talk(field)
        complete = telling.complete(number, draft, talk, suggesting, eagerness, wanted=wanted)
        self._stage.do(Tell(complete))

    def _talk(self, field: Field) -> telling.Talk:
        mine = self._behaviour().my_name
        return telling.talk(field, self._screen, self._settings.my_name if mine is None else mine)

    def _sent(self, field: Field, text: str) -> None:
        """A message was sent; it is told only where the user wants it learned."""
        if text:
            self._stage.do(do.Count(Event.SENT))
            if self._settings.learning and self._behaviour().learn:
                self._stage.do(Tell(telling.learn(text, self._talk(field))))

    def _present(self, *, announce: bool) -> None:
        """Shows what is offered, if the field is known to be where it belongs."""
        field, suggestion = self._field, self._offer.suggestion
        if field is None or suggestion is None or not self._is_current(field):
            return
        if suggestion.draft != field.draft:
            return
        text, *others = (candidate.text for candidate in suggestion.candidates)
        self._stage.show(Show(field, text, tuple(others)))
        if announce:
            self._feedback("shown", text, self._offer.source)
            if self._counted != self._offer.source:  # better answers are no further suggestions
                self._stage.do(do.Count(Event.SHOWN))
            self._counted = self._offer.source

    def _is_current(self, field: Field) -> bool:
        """Whether the field was read after the newest key, and nothing is being put into it."""
        return field.sequence >= self._key and not self._edits.on_the_way

    def _silence(self) -> Silence | None:
        if not self._settings.enabled:
            return Silence.OFF
        if self._paused:
            return Silence.PAUSED
        return silences.silence(self._field, self._behaviour())

    def _behaviour(self) -> Behaviour:
        field = self._field
        if field is None:
            return Behaviour()
        return self._rules.behaviour(silences.place(field.app, field.site, field.role))

    # --- small things ----------------------------------------------------------------------------

    def _be_quiet(self, draft: Draft) -> None:
        """Nothing more about this draft."""
        self._cancel()
        self._offer.silence(draft)
        self._stage.hide()

    def _stop(self) -> None:
        """Nothing is shown, offered, asked or on its way any more."""
        self._cancel()
        self._offer.forget()
        self._edits.forget()
        self._check_at = None
        self._stage.hide()

    def _cancel(self) -> None:
        if self._offer.question is not None:
            self._stage.do(Tell(protocol.Cancel(self._offer.question.number)))
            self._offer.question = None

    def _feedback(self, event: str, text: str, source: int) -> None:
        self._stage.do(Tell(protocol.Feedback(event, text, source)))

    def _number(self) -> int:
        self._numbers += 1
        return self._numbers

    def _flush(self) -> list[Action]:
        """What this event brings about: the actions so far, and what follows from the new state."""
        silence, shown = self._silence(), self._stage.shown
        wanted = wanted_wishes(
            served=silence is None,
            shown=shown is not None,
            more=shown is not None and bool(shown.others),
            rest=self._edits.on_the_way and self._offer.suggestion is not None,
        )
        known = wishes(self._settings.keys, self._behaviour())
        chords = {chord for chord, wish in known.items() if wish in wanted}
        back = {_BACKSPACE} if self._edits.accepted is not None else set()
        return self._stage.leave(frozenset(chords | back), self._mood(silence))

    def _mood(self, silence: Silence | None) -> Mood:
        field = self._field
        if field is None:
            return Mood(silence)
        lasting = None if silence in _PASSING else silence
        rule = self._behaviour().rule if lasting is Silence.RULE else ""
        return Mood(lasting, field.app.name, field.site, rule)
