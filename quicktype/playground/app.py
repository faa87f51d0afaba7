"""The playground in the terminal: keys in, a conversation out, ghost text at the caret."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from prompt_toolkit import PromptSession, print_formatted_text
from prompt_toolkit.application import in_terminal
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.keys import Keys

from quicktype.draft import Draft
from quicktype.playground import screen
from quicktype.playground.clipboard import ClipboardError, read_clipboard
from quicktype.playground.ghost import Ghost
from quicktype.playground.partner import Cue, Spoken
from quicktype.playground.suggester import Answer, Question

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from prompt_toolkit.buffer import Buffer
    from prompt_toolkit.formatted_text import FormattedText, StyleAndTextTuples
    from prompt_toolkit.input import Input
    from prompt_toolkit.key_binding import KeyPressEvent
    from prompt_toolkit.output import Output

    from quicktype.conversation import Turn
    from quicktype.playground.partner import Partner
    from quicktype.playground.room import Room
    from quicktype.playground.suggester import Suggester

_News = TypeVar("_News", Answer, Spoken)
_ESCAPE_SECONDS = 0.05
"""How long a lone Esc waits for more of an Alt combination."""


class Playground:
    """A conversation in which one types with suggestions."""

    def __init__(
        self,
        room: Room,
        suggester: Suggester,
        partner: Partner | None = None,
        *,
        terminal_input: Input | None = None,
        terminal_output: Output | None = None,
    ) -> None:
        self.room = room
        self.ghost = Ghost()
        self._suggester = suggester
        self._partner = partner
        self._cue: Cue | None = None
        self._spoken: Spoken | None = None
        self._hearing: set[asyncio.Task[None]] = set()
        self._gate = True
        self._question: Question | None = None
        self._answer: Answer | None = None
        self.session: PromptSession[str] = PromptSession(
            self._before_draft,
            style=screen.STYLE,
            input_processors=[screen.GhostText(self.ghost)],
            bottom_toolbar=lambda: screen.toolbar(suggester.source, self.ghost, self._answer),
            key_bindings=_key_bindings(self),
            input=terminal_input,
            output=terminal_output,
        )
        self.session.app.timeoutlen = _ESCAPE_SECONDS
        self.session.app.ttimeoutlen = _ESCAPE_SECONDS
        buffer = self.session.default_buffer
        buffer.on_text_changed += self._edited
        buffer.on_cursor_position_changed += self._edited

    async def run(self) -> None:
        """Runs until the one who types leaves."""
        loop = asyncio.get_running_loop()

        def hand_over(act: Callable[[_News], None], news: _News) -> None:
            with suppress(RuntimeError):  # the loop is closed: nobody types any more
                loop.call_soon_threadsafe(act, news)

        self._suggester.start(lambda answer: hand_over(self._answered, answer))
        if self._partner:
            self._partner.start(lambda spoken: hand_over(self._hear, spoken))
        try:
            self._print_turns(self.room.conversation.turns)
            self._print_turns(self.room.open())
            self._give_word()
            while (text := await self._line()) is not None:
                await self._entered(text.strip())
        finally:
            self._suggester.close()
            if self._partner:
                self._partner.close()

    # --- what the keys do ------------------------------------------------------------------

    def take(self, text: str) -> None:
        """Puts accepted text in at the caret."""
        if text:
            self._tell("accepted", text)
            self.session.default_buffer.insert_text(text)

    def dismiss(self) -> None:
        """Hides the ghost text."""
        if self.ghost.text:
            self._tell("dismissed", self.ghost.text)
        self.ghost.dismiss()

    def backspace(self) -> None:
        """Takes a fresh insertion back whole, else deletes one character."""
        self.session.default_buffer.delete_before_cursor(self.ghost.take_back() or 1)

    def switch(self) -> None:
        """Lets the other person type."""
        self.room.switch()
        self._ask(self.ghost.renew())

    def toggle_gate(self) -> None:
        """Shows every guess, or again only what is probably right."""
        self._gate = not self._gate
        self._ask(self.ghost.renew())

    async def paste(self, text: str) -> None:
        """Adds pasted messages to the conversation, or pasted text to the draft."""
        turns = self.room.paste(text)
        if not turns:
            self.session.default_buffer.insert_text(" ".join(text.split("\n")).strip("\r"))
            return
        async with in_terminal():
            self._print_turns(turns)
        self._ask(self.ghost.renew())

    # --- the course of things -----------------------------------------------------------------

    async def _line(self) -> str | None:
        """The next line that is entered; None when the one who types leaves."""
        try:
            line = await self.session.prompt_async(pre_run=self._begin)
        except (EOFError, KeyboardInterrupt):
            return None
        return None if line.strip() == "/quit" else line

    def _begin(self) -> None:
        self.ghost.draft = Draft("", "")
        self._ask(self.ghost.renew())

    async def _entered(self, text: str) -> None:
        command, _, argument = text.partition(" ")
        if command == "/me" and argument.strip():
            self.room.speaker = argument.strip()
        elif command == "/paste":
            self._paste_clipboard()
        elif text.startswith("/"):
            self._print(screen.note_line(screen.HELP))
        elif text:
            _, *answers = self.room.send(text)
            self._print_turns(answers)
            self._give_word()

    def _give_word(self) -> None:
        """Lets the partner speak when it is for them to say something."""
        if self._partner and not self.room.is_answered():
            number = self._cue.number + 1 if self._cue else 1
            room = self.room
            self._cue = Cue(number, room.conversation, room.speaker, room.partner())
            self._spoken = None
            self._partner.cue(self._cue)

    def _hear(self, spoken: Spoken) -> None:
        """The partner has said more; what answers an older cue is not heard."""
        cue = self._cue
        if cue is None or spoken.number != cue.number or (self._spoken and self._spoken.over):
            return
        self._spoken = spoken
        if spoken.over:
            turns = self.room.hear(cue.speaker, spoken.text) if spoken.text else []
            task = asyncio.ensure_future(self._hear_out(turns, spoken.trouble))
            self._hearing.add(task)
            task.add_done_callback(self._hearing.discard)
        self.session.app.invalidate()

    async def _hear_out(self, turns: list[Turn], trouble: str | None) -> None:
        """Shows what the partner has said as a part of the conversation."""
        async with in_terminal():
            self._print_turns(turns)
            if trouble:
                self._print(screen.note_line(trouble))
        self._ask(self.ghost.renew())

    def _before_draft(self) -> StyleAndTextTuples:
        speaking = self._cue is not None and not (self._spoken and self._spoken.over)
        partner = self._cue.speaker if self._cue and speaking else None
        columns = self.session.output.get_size().columns - 1
        return screen.input_line(self.room.speaker, partner, self._spoken, columns)

    def _paste_clipboard(self) -> None:
        try:
            turns = self.room.paste(read_clipboard())
        except ClipboardError as error:
            self._print(screen.note_line(str(error)))
            return
        self._print_turns(turns)
        if not turns:
            self._print(screen.note_line("the clipboard holds no lines 'Name: text'"))

    def _edited(self, buffer: Buffer) -> None:
        document = buffer.document
        draft = Draft(document.text_before_cursor, document.text_after_cursor)
        if draft != self.ghost.draft:
            number = self.ghost.edited(draft)
            if number is not None:
                self._ask(number)

    def _ask(self, number: int) -> None:
        self._answer = None
        self._question = Question(
            number, self.room.conversation, self.room.speaker, self.ghost.draft, self._gate
        )
        self._suggester.ask(self._question)

    def _answered(self, answer: Answer) -> None:
        if self.ghost.answered(answer.number, answer.candidates):
            self._answer = answer
            if self.ghost.text:
                self._tell("shown", self.ghost.text)
            self.session.app.invalidate()

    def _tell(self, event: str, text: str) -> None:
        if self._question:
            self._suggester.feedback(self._question, event, text)

    def _print_turns(self, turns: Iterable[Any]) -> None:
        for turn in turns:
            self._print(screen.turn_line(turn, self.room.speaker))

    def _print(self, line: FormattedText) -> None:
        print_formatted_text(line, style=screen.STYLE, output=self.session.output)


def _key_bindings(playground: Playground) -> KeyBindings:
    keys = KeyBindings()

    @keys.add("tab")
    def _word(_: KeyPressEvent) -> None:
        playground.take(playground.ghost.take_word())

    @keys.add("s-tab")
    def _all(_: KeyPressEvent) -> None:
        playground.take(playground.ghost.take_all())

    @keys.add("escape", "]")
    def _another(_: KeyPressEvent) -> None:
        playground.ghost.next_candidate()

    @keys.add("escape")
    def _dismiss(_: KeyPressEvent) -> None:
        playground.dismiss()

    @keys.add("backspace")
    def _backspace(_: KeyPressEvent) -> None:
        playground.backspace()

    @keys.add("f2")
    def _switch(_: KeyPressEvent) -> None:
        playground.switch()

    @keys.add("f3")
    def _every_guess(_: KeyPressEvent) -> None:
        playground.toggle_gate()

    @keys.add(Keys.BracketedPaste)
    async def _paste(event: KeyPressEvent) -> None:
        await playground.paste(event.data)

    return keys
