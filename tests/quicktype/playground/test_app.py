"""Stories of somebody typing in the playground: keys in, messages out."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from quicktype.conversation import Conversation, Turn
from quicktype.playground.app import Playground
from quicktype.playground.partner import Cue, Spoken
from quicktype.playground.room import Room
from quicktype.playground.screen import input_line, toolbar
from quicktype.playground.suggester import Answer, Question
from quicktype.suggestion import Candidate, Word, split_words

if TYPE_CHECKING:
    from collections.abc import Callable

    from prompt_toolkit.input import PipeInput

ENTER, TAB, SHIFT_TAB, ESC, BACKSPACE = "\r", "\t", "\x1b[Z", "\x1b", "\x7f"
ALT_BRACKET, F2, F3, CTRL_D, LEFT = "\x1b]", "\x1bOQ", "\x1bOR", "\x04", "\x1b[D"


class Clairvoyant:
    """Suggests what it was told to, for each text before the caret."""

    source = "a clairvoyant"

    def __init__(self, answers: dict[str, tuple[str, ...]]) -> None:
        self.answers = answers
        self.questions: list[Question] = []
        self.events: list[tuple[str, str]] = []
        self.closed = False
        self._on_answer: Callable[[Answer], None]

    def start(self, on_answer: Callable[[Answer], None]) -> None:
        self._on_answer = on_answer

    def ask(self, question: Question) -> None:
        self.questions.append(question)
        texts = self.answers.get(question.draft.before, ())
        candidates = tuple(
            Candidate(tuple(Word(word, 0.5) for word in split_words(text))) for text in texts
        )
        silence = None if candidates else "low_confidence"
        self._on_answer(Answer(question.number, candidates, 1.5, silence))

    def feedback(self, question: Question, event: str, text: str) -> None:
        assert question in self.questions
        self.events.append((event, text))

    def close(self) -> None:
        self.closed = True


class Chatterbox:
    """A partner who says what it was told to, word by word, or is stuck."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.cues: list[Cue] = []
        self.closed = False
        self._on_spoken: Callable[[Spoken], None]

    def start(self, on_spoken: Callable[[Spoken], None]) -> None:
        self._on_spoken = on_spoken

    def cue(self, cue: Cue) -> None:
        self.cues.append(cue)
        if not self.answers:
            self._on_spoken(Spoken(cue.number, trouble="compiling"))
            return
        words = self.answers.pop(0).split()
        for count in range(1, len(words) + 1):
            self._on_spoken(Spoken(cue.number, " ".join(words[:count])))
        self._on_spoken(Spoken(cue.number - 1, "an old answer", over=True))
        self._on_spoken(Spoken(cue.number, " ".join(words), over=True, trouble=self.trouble(words)))
        self._on_spoken(Spoken(cue.number, "and another", over=True))

    @staticmethod
    def trouble(words: list[str]) -> str | None:
        return None if words else "your partner has nothing to say"

    def close(self) -> None:
        self.closed = True


DINNER = Conversation((Turn("Ana", "dinner tomorrow?"), Turn("Ben", "yes! what time?")))


class Story:
    """One who types, and what becomes of it."""

    def __init__(
        self,
        answers: dict[str, tuple[str, ...]] | None = None,
        script: tuple[Turn, ...] = (),
        partner: Chatterbox | None = None,
        speaker: str = "Ana",
    ) -> None:
        self.room = Room(DINNER, speaker, script)
        self.partner = partner
        self.suggester = Clairvoyant(answers or {})

    def types(self, *keys: str) -> list[Turn]:
        """Types the keys, one after the other, then leaves; gives the messages that came."""

        async def run() -> None:
            with create_pipe_input() as pipe:
                playground = Playground(
                    self.room,
                    self.suggester,
                    self.partner,
                    terminal_input=pipe,
                    terminal_output=DummyOutput(),
                )
                running = asyncio.create_task(playground.run())
                for key in (*keys, CTRL_D):
                    await press(key, pipe, playground, running)
                await asyncio.wait_for(running, 10)

        asyncio.run(run())
        assert self.suggester.closed
        assert self.partner is None or self.partner.closed
        return list(self.room.conversation.turns[len(DINNER.turns) :])


async def press(
    key: str, pipe: PipeInput, playground: Playground, running: asyncio.Task[None]
) -> None:
    """Presses a key once the playground listens, and waits until it has acted on it."""
    application = playground.session.app
    acted = asyncio.Event()

    def act(_: object) -> None:
        acted.set()

    async with asyncio.timeout(10):
        while not application.is_running:
            await asyncio.sleep(0.001)
            if running.done():
                return
        application.key_processor.after_key_press += act
        pipe.send_text(key)
        await acted.wait()
        application.key_processor.after_key_press -= act
    for _ in range(20):
        await asyncio.sleep(0)


def test_tab_takes_the_next_word_and_the_following_ones() -> None:
    story = Story({"how about sev": ("en o'clock at mine?",)})
    sent = story.types("how about sev", TAB, TAB, TAB, ENTER)
    assert sent == [Turn("Ana", "how about seven o'clock at")]
    assert [event for event in story.suggester.events if event[0] == "accepted"] == [
        ("accepted", "en"),
        ("accepted", " o'clock"),
        ("accepted", " at"),
    ]


def test_shift_tab_takes_all_and_backspace_takes_it_back() -> None:
    story = Story({"how about sev": ("en o'clock?",)})
    sent = story.types("how about sev", SHIFT_TAB, BACKSPACE, "enty", ENTER)
    assert sent == [Turn("Ana", "how about seventy")]


def test_backspace_elsewhere_deletes_one_character() -> None:
    assert Story().types("seven", BACKSPACE, BACKSPACE, ENTER) == [Turn("Ana", "sev")]


def test_alt_bracket_takes_another_candidate() -> None:
    story = Story({"see you": (" tomorrow", " later")})
    assert story.types("see you", ALT_BRACKET, TAB, ENTER) == [Turn("Ana", "see you later")]


def test_esc_dismisses_and_then_tab_takes_nothing() -> None:
    story = Story({"see you": (" tomorrow",)})
    assert story.types("see you", ESC, TAB, "!", ENTER) == [Turn("Ana", "see you!")]
    assert ("dismissed", " tomorrow") in story.suggester.events


def test_tab_with_nothing_shown_types_nothing() -> None:
    assert Story().types("hm", TAB, SHIFT_TAB, ENTER) == [Turn("Ana", "hm")]


def test_typing_along_asks_nothing() -> None:
    story = Story({"s": ("even o'clock",)})
    story.types("s", "e", "v", "e", "n", ENTER)
    asked = [question.draft.before for question in story.suggester.questions]
    assert asked == ["", "s", ""]


def test_a_suggestion_goes_in_at_the_caret_not_at_the_end() -> None:
    story = Story({"see": (" you",)})
    assert story.types("see!", LEFT, TAB, ENTER) == [Turn("Ana", "see you!")]
    assert story.suggester.questions[-2].draft.after == "!"


def test_the_script_answers_and_the_next_question_knows_it() -> None:
    story = Story(script=(Turn("Ben", "perfect"),))
    sent = story.types("at seven", ENTER)
    assert sent == [Turn("Ana", "at seven"), Turn("Ben", "perfect")]
    assert story.suggester.questions[-1].conversation.turns[-1] == Turn("Ben", "perfect")


def test_f2_lets_the_other_type() -> None:
    story = Story()
    sent = story.types("at seven", ENTER, F2, "fine", ENTER)
    assert sent == [Turn("Ana", "at seven"), Turn("Ben", "fine")]
    assert story.suggester.questions[-1].speaker == "Ben"


def test_f3_shows_every_guess_and_again_only_good_ones() -> None:
    story = Story()
    story.types("a", F3, "b", F3, ENTER)
    asked = [(question.draft.before, question.gate) for question in story.suggester.questions]
    assert asked[:-1] == [("", True), ("a", True), ("a", False), ("ab", False), ("ab", True)]


def test_pasted_messages_join_the_conversation_and_the_draft_stays() -> None:
    story = Story()
    paste = "\x1b[200~Ben: I have a car\nCem: me too\x1b[201~"
    sent = story.types("so ", paste, "let's go", ENTER)
    assert [turn.speaker for turn in sent] == ["Ben", "Cem", "Ana"]
    assert sent[-1].text == "so let's go"


def test_other_pasted_text_joins_the_draft() -> None:
    story = Story()
    paste = "\x1b[200~two lines\nof text\x1b[201~"
    assert story.types("so ", paste, ENTER) == [Turn("Ana", "so two lines of text")]


@pytest.mark.parametrize("command", ["/help", "/nonsense", "/paste", "   "])
def test_commands_and_empty_lines_send_nothing(
    command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    assert Story().types(command, ENTER) == []


def test_one_can_type_as_somebody_new_and_leave_by_command() -> None:
    assert Story().types("/me Dora", ENTER, "hi", ENTER) == [Turn("Dora", "hi")]
    assert Story().types("hi", ENTER, "/quit", ENTER) == [Turn("Ana", "hi")]


def test_the_toolbar_tells_speed_confidence_and_silence() -> None:
    story = Story({"see you": (" tomorrow",)})
    playground = Playground(story.room, story.suggester, terminal_output=DummyOutput())
    silent = toolbar("the daemon", playground.ghost, Answer(0, (), 2.0, "low_confidence"))
    assert "the daemon · 2.0 ms · low confidence" in "".join(part[1] for part in silent)
    number = playground.ghost.renew()
    shown = Answer(number, (Candidate((Word(" tomorrow", 0.62),)),), 3.14)
    playground.ghost.answered(number, shown.candidates)
    text = "".join(part[1] for part in toolbar("the daemon", playground.ghost, shown))
    assert "the daemon · 3.1 ms · 62% sure" in text
    assert "Tab word  Shift+Tab all" in text


def test_a_partner_answers_each_message_and_the_answer_is_context_for_the_next() -> None:
    story = Story(partner=Chatterbox("great, see you", "bye"))
    assert story.types("ok", ENTER, "bye", ENTER) == [
        Turn("Ana", "ok"),
        Turn("Ben", "great, see you"),
        Turn("Ana", "bye"),
        Turn("Ben", "bye"),
    ]
    assert story.partner is not None
    assert [(cue.me, cue.speaker) for cue in story.partner.cues] == [("Ana", "Ben")] * 2
    known = [question.conversation.turns[-1] for question in story.suggester.questions]
    assert Turn("Ben", "great, see you") in known


def test_a_partner_who_has_the_word_begins() -> None:
    story = Story(partner=Chatterbox("at seven then"), speaker="Ben")
    assert story.types("o", BACKSPACE) == [Turn("Ana", "at seven then")]


def test_a_partner_who_is_not_ready_is_waited_for_and_may_be_written_to_again() -> None:
    story = Story(partner=Chatterbox())
    assert story.types("ok", ENTER, "hello?", ENTER) == [Turn("Ana", "ok"), Turn("Ana", "hello?")]
    assert story.partner is not None
    assert [cue.number for cue in story.partner.cues] == [1, 2]


def test_a_partner_without_words_says_nothing() -> None:
    assert Story(partner=Chatterbox("")).types("ok", ENTER) == [Turn("Ana", "ok")]


def test_what_the_partner_is_saying_stands_above_the_draft() -> None:
    def shown(spoken: Spoken | None, partner: str | None = "Ben") -> str:
        return "".join(part[1] for part in input_line("Ana", partner, spoken, 30))

    assert shown(None, None) == "Ana: "
    assert shown(None) == "Ben: \u2026\nAna: "
    assert shown(Spoken(1, "great, see you")) == "Ben: great, see you\u2026\nAna: "
    assert shown(Spoken(1, trouble="compiling")) == "compiling\nAna: "
    long = shown(Spoken(1, "a word " * 20 + "\n\nand more"))
    assert max(map(len, long.split("\n"))) <= 30
    assert "\n\nand more\u2026\nAna: " in long
