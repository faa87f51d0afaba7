"""Scripts of keys, and what appears."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from quicktype import protocol
from quicktype.conversation import Conversation, Turn
from quicktype.draft import Draft
from tests.ui.core.world import BOX, World, candidate
from ui.core.actions import Event, Mood, ReadClipboard, Refresh, TogglePause, Took
from ui.core.rules import Eagerness, Rule
from ui.core.settings import Settings, Suggesting
from ui.core.silence import Silence
from ui.platform.interface import (
    App,
    Chord,
    Done,
    Insertion,
    Reading,
    Rect,
    Role,
    ScreenConversation,
    Window,
)


@pytest.fixture
def world() -> World:
    world = World()
    world.focus()
    return world


def suggested(world: World, typed: str = "see you tom", *texts: str) -> World:
    """A person typed this, and the daemon answered."""
    world.type(typed)
    world.answer(*(texts or ("orrow at noon",)))
    return world


def with_settings(**changes: Any) -> World:
    world = World(replace(Settings(), **changes))
    world.focus()
    return world


class TestTyping:
    def test_each_letter_asks_until_something_shows(self, world: World) -> None:
        world.type("se")
        assert [question.draft.before for question in world.questions] == ["s", "se"]
        world.answer("e you")
        assert world.ghost == "e you"

    def test_typing_along_consumes_the_suggestion_and_asks_nobody(self, world: World) -> None:
        suggested(world)
        asked = len(world.questions)
        world.type("orrow")
        assert world.ghost == " at noon"
        assert len(world.questions) == asked

    def test_another_letter_clears_it_at_once_and_asks_anew(self, world: World) -> None:
        suggested(world)
        world.type("a")
        assert world.ghost == ""
        assert world.question.draft.before == "see you toma"
        assert world.feedback()[-1] == ("typed_over", "orrow at noon")

    def test_typed_to_its_end_it_was_right_and_the_next_is_asked(self, world: World) -> None:
        suggested(world, "see", " you")
        world.type(" you")
        assert world.ghost == ""
        assert world.question.draft.before == "see you"
        assert [event for event, _ in world.feedback()] == ["shown"]

    def test_a_lower_candidate_is_promoted_by_its_letter(self, world: World) -> None:
        suggested(world, "how about s", "even", "ix")
        assert (world.ghost, world.others) == ("even", ("ix",))
        world.type("i")
        assert (world.ghost, world.others) == ("x", ())

    def test_better_answers_replace_what_shows(self, world: World) -> None:
        world.type("see you tom")
        world.answer("orrow", last=False)
        assert world.ghost == "orrow"
        world.answer("orrow at noon")
        assert world.ghost == "orrow at noon"
        assert world.counts[Event.SHOWN] == 1

    def test_the_first_answer_to_a_question_is_timed(self, world: World) -> None:
        world.type("see you tom")
        world.did.clear()
        world.answer("orrow", last=False)
        world.answer("orrow at noon")
        world.type("x")
        world.fails()
        times = [action.milliseconds for action in world.did if isinstance(action, Took)]
        assert times == [pytest.approx(10, abs=0.1)]

    def test_an_answer_to_an_older_question_is_dropped(self, world: World) -> None:
        world.type("s")
        first = world.question
        world.type("o")
        world.answer("ee you", to=first)
        assert world.ghost == ""

    def test_an_empty_answer_shows_nothing(self, world: World) -> None:
        world.type("s")
        world.answer()
        assert world.ghost == ""

    def test_a_daemon_that_refuses_shows_nothing_and_the_next_letter_asks_again(
        self, world: World
    ) -> None:
        world.type("s")
        world.fails()
        assert world.ghost == ""
        world.type("e")
        world.answer("e you")
        assert world.ghost == "e you"

    def test_backspace_takes_the_suggestion_away_at_once(self, world: World) -> None:
        suggested(world)
        world.press("Backspace", tell=False)
        assert world.ghost == ""
        world.told_all()
        assert world.question.draft.before == "see you to"

    def test_a_line_break_is_never_suggested(self, world: World) -> None:
        suggested(world, "ok", " see you\nbye")
        assert world.ghost == " see you"

    def test_one_letter_is_not_worth_a_glance(self, world: World) -> None:
        suggested(world, "se", "e")
        assert world.ghost == ""

    def test_nothing_is_suggested_before_the_first_letter(self, world: World) -> None:
        world.type("s")
        world.press("Backspace")
        assert [question.draft.before for question in world.questions] == ["s"]

    def test_unless_the_user_wants_it(self) -> None:
        world = with_settings(suggestions=Suggesting(openings=True))
        world.answer("see you")
        assert world.ghost == "see you"


class TestLateApps:
    """The keys are known before the app tells what they did."""

    def test_a_letter_leaves_the_ghost_for_a_moment_only(self, world: World) -> None:
        suggested(world)
        world.press("o", tell=False)
        assert world.ghost == "orrow at noon"
        world.wait(0.05)
        assert world.ghost == ""
        assert Refresh() in world.did
        world.told_all()
        assert world.ghost == "rrow at noon"

    def test_an_answer_is_not_shown_while_a_key_is_on_its_way(self, world: World) -> None:
        world.type("see you to")
        world.press("m", tell=False)
        world.answer("morrow")
        assert world.ghost == ""
        world.told_all()
        assert world.ghost == "orrow"

    def test_a_key_without_effect_leaves_things_as_they_were(self, world: World) -> None:
        suggested(world)
        asked = len(world.questions)
        world.press("F5")
        assert world.ghost == "orrow at noon"
        world.press("Ctrl+C")
        assert world.ghost == "orrow at noon"
        assert len(world.questions) == asked

    def test_a_key_whose_effect_nobody_tells_has_the_field_read_again(self, world: World) -> None:
        world.type("see")
        world.press("Right", tell=False)
        world.did.clear()
        world.wait(0.05)
        assert Refresh() in world.did
        assert world.machine.wake_at is None

    def test_a_draft_that_was_left_and_came_back_is_asked_about_again(self, world: World) -> None:
        suggested(world).click(5, 5)
        asked = len(world.questions)
        world.press("Backspace", tell=False)
        world.press("m", tell=False)
        world.told_all()
        assert [question.draft.before for question in world.questions[asked:]] == ["see you tom"]

    def test_a_tab_that_reached_the_app_ends_the_suggestion(self, world: World) -> None:
        suggested(world)
        world.press("o", tell=False)
        world.press("Tab", fresh=False)
        assert world.reached_the_app[-1] == "Tab"
        assert world.text == "see you tomo|"
        assert world.ghost == ""

    def test_an_idle_machine_wants_no_waking(self, world: World) -> None:
        assert suggested(world).machine.wake_at is None


class TestAccepting:
    def test_tab_takes_a_word_and_repeated_the_following_ones(self, world: World) -> None:
        suggested(world)
        world.press("Tab")
        assert (world.text, world.ghost) == ("see you tomorrow|", " at noon")
        world.press("Tab")
        assert (world.text, world.ghost) == ("see you tomorrow at|", " noon")
        world.press("Tab")
        assert (world.text, world.ghost) == ("see you tomorrow at noon|", "")
        assert world.question.draft.before == "see you tomorrow at noon"
        assert world.reached_the_app == list("see you tom")

    def test_shift_tab_takes_all_that_is_shown(self, world: World) -> None:
        suggested(world)
        world.press("Shift+Tab")
        assert world.text == "see you tomorrow at noon|"
        assert world.feedback()[-1] == ("accepted", "orrow at noon")
        assert world.counts[Event.ACCEPTED] == 1
        assert world.counts[Event.ACCEPTED_WORDS] == 3
        assert world.counts[Event.ACCEPTED_CHARACTERS] == len("orrow at noon")

    def test_with_nothing_shown_tab_is_the_apps(self, world: World) -> None:
        world.type("see")
        world.press("Tab")
        assert world.reached_the_app[-1] == "Tab"

    def test_a_stale_suggestion_is_not_taken(self, world: World) -> None:
        suggested(world)
        world.press("x", tell=False)
        world.press("Tab", fresh=False)
        assert world.reached_the_app[-1] == "Tab"
        world.told_all()
        assert world.text == "see you tomx|"

    def test_nor_one_of_which_the_backend_is_not_sure(self, world: World) -> None:
        suggested(world)
        assert not world.chord(Chord("Tab"), fresh=False).taken

    def test_nor_one_that_fits_once_the_field_has_been_told(self, world: World) -> None:
        suggested(world)
        world.press("o", tell=False)
        world.press("Tab")
        assert world.text == "see you tomorrow|"

    def test_a_second_tab_before_the_app_has_told_the_first_takes_the_next_word(
        self, world: World
    ) -> None:
        world.tell_insertion = lambda: None  # type: ignore[method-assign]
        suggested(world)
        world.press("Tab", fresh=False)
        world.press("Tab", fresh=False)
        assert world.text == "see you tomorrow at|"
        world.told_all()
        assert world.ghost == " noon"

    def test_held_it_takes_one_word_and_nothing_else_gets_it(self, world: World) -> None:
        suggested(world)
        world.press("Tab")
        assert world.hold("Tab", 3) == [True] * 3
        assert world.text == "see you tomorrow|"

    def test_a_held_tab_of_the_apps_stays_the_apps(self, world: World) -> None:
        world.type("see")
        world.press("Tab")
        assert world.hold("Tab", 2) == [False] * 2

    def test_backspace_straight_after_takes_the_insertion_back(self, world: World) -> None:
        suggested(world)
        world.press("Shift+Tab")
        asked = len(world.questions)
        world.press("Backspace")
        assert (world.text, world.ghost) == ("see you tom|", "")
        assert len(world.questions) == asked
        assert world.counts[Event.TAKEN_BACK_CHARACTERS] == len("orrow at noon")
        world.press("Backspace")
        assert world.text == "see you to|"

    def test_after_another_key_backspace_is_the_apps(self, world: World) -> None:
        suggested(world)
        world.press("Tab")
        world.type("s")
        world.press("Backspace")
        assert world.text == "see you tomorrow|"

    def test_after_a_click_too(self, world: World) -> None:
        suggested(world)
        world.press("Tab")
        world.click()
        world.press("Backspace")
        assert world.text == "see you tomorro|"

    def test_half_an_insertion_is_not_taken_for_typing(self, world: World) -> None:
        world.tell_insertion = world.tell_next  # type: ignore[method-assign]
        suggested(world)
        world.press("Tab")
        assert world.ghost == ""
        asked = len(world.questions)
        world.told_all()
        assert world.ghost == " at noon"
        assert len(world.questions) == asked

    def test_an_app_that_never_shows_it_is_asked_once_more(self, world: World) -> None:
        world.tell_insertion = world.untold.clear  # type: ignore[method-assign]
        suggested(world)
        world.press("Tab")
        world.did.clear()
        world.wait(1)
        assert world.did.count(Refresh()) == 1
        assert world.machine.wake_at is None

    def test_an_insertion_that_failed_leaves_the_field_as_it_is(self, world: World) -> None:
        suggested(world)
        world.insertions_fail = True
        world.press("Tab")
        assert world.text == "see you tom|"
        assert Refresh() in world.did
        world.press("Tab")
        assert world.reached_the_app[-1] == "Tab"

    def test_a_tab_while_the_first_one_s_text_goes_in_does_nothing(self, world: World) -> None:
        suggested(world)
        world._insert = lambda number, text: None  # type: ignore[method-assign]
        assert world.chord(Chord("Tab")).edit is not None
        again = world.chord(Chord("Tab"))
        assert again.taken
        assert again.edit is None
        assert world.chord(Chord("BackSpace")).edit is None

    def test_the_end_of_another_edit_is_not_this_ones(self, world: World) -> None:
        suggested(world)
        world._insert = lambda number, text: None  # type: ignore[method-assign]
        edit = world.chord(Chord("Tab")).edit
        assert isinstance(edit, Insertion)
        world.do(world.machine.done(Done(edit.number + 1, world.key_sequence), world.now))
        assert world.chord(Chord("Tab")).edit is None

    def test_a_reading_from_before_the_insertion_is_never_taken_for_what_is(
        self, world: World
    ) -> None:
        suggested(world)
        before = replace(world.app, draft=Draft("see you to"))
        world.tell_insertion = world.untold.clear  # type: ignore[method-assign]
        world.press("Tab")
        world.wait(1)
        asked = len(world.questions)
        world.do(world.machine.field(before, world.now))
        assert len(world.questions) == asked
        assert world.ghost == ""


class TestChoosing:
    def test_the_next_candidate_shows_and_later_answers_leave_it(self, world: World) -> None:
        world.type("how about s")
        world.answer("even", "ix", last=False)
        world.press("Alt+]")
        assert (world.ghost, world.others) == ("ix", ("even",))
        world.answer("even", "ix", "o")
        assert world.ghost == "ix"
        world.press("Tab")
        assert world.text == "how about six|"

    def test_with_one_candidate_the_key_is_the_apps(self, world: World) -> None:
        suggested(world)
        world.press("Alt+]")
        assert world.reached_the_app[-1] == "Alt+]"

    def test_esc_dismisses_and_is_swallowed(self, world: World) -> None:
        suggested(world)
        world.press("Esc")
        assert world.ghost == ""
        assert world.feedback()[-1] == ("dismissed", "orrow at noon")
        assert "Esc" not in world.reached_the_app
        world.press("Esc")
        assert world.reached_the_app[-1] == "Esc"

    def test_a_dismissed_draft_is_not_asked_about_again(self, world: World) -> None:
        suggested(world)
        asked = len(world.questions)
        world.press("Esc")
        world.focus()
        assert len(world.questions) == asked
        world.type("o")
        assert len(world.questions) == asked + 1

    def test_ask_now_asks_without_a_gate_even_after_a_dismissal(self, world: World) -> None:
        suggested(world)
        world.press("Esc")
        world.press("Alt+\\")
        assert not world.question.gate
        world.answer(candidate("orrow at noon", 0.3, 0.2, 0.05))
        assert world.ghost == "orrow at"

    def test_on_request_nothing_is_asked_but_when_asked_for(self) -> None:
        world = with_settings(suggestions=Suggesting(on_request=True))
        world.type("see")
        world.conversation(("Ben", "hi"))
        assert world.questions == []
        world.press("Alt+\\")
        world.answer(" you")
        assert world.ghost == " you"


class TestPlaces:
    @pytest.mark.parametrize(
        ("changes", "silence"),
        [
            ({"role": Role.PASSWORD}, Silence.PASSWORD),
            ({"role": Role.TERMINAL}, Silence.TERMINAL),
            ({"editable": False, "role": Role.OTHER}, Silence.NOT_EDITABLE),
            ({"draft": None, "role": Role.UNKNOWN}, Silence.NO_TEXT),
            ({"app": App("keepassxc")}, Silence.RULE),
            ({"selected": 3}, None),
            ({"composing": True}, None),
            ({"draft": Draft("see ", "you")}, None),
        ],
    )
    def test_nothing_is_asked_and_what_showed_is_gone(
        self, world: World, changes: dict[str, Any], silence: Silence | None
    ) -> None:
        suggested(world)
        asked = len(world.questions)
        world.focus(**changes)
        assert world.ghost == ""
        world.focus(**changes)
        assert len(world.questions) == asked
        assert world.mood is not None
        assert world.mood.silence is silence
        before = world.armed
        assert not any(chord.key in {"Tab", "Escape", "BackSpace"} for chord in before)

    def test_a_rule_is_named(self, world: World) -> None:
        world.focus(app=App("keepassxc"), identity="f2")
        assert world.mood == Mood(Silence.RULE, "keepassxc", "", "password managers")

    def test_text_in_the_lines_below_does_no_harm(self, world: World) -> None:
        world.focus(draft=Draft("see", "\nbest, Ana"))
        world.answer(" you")
        assert world.ghost == " you"

    def test_how_much_may_be_read_is_decided_before_anything_is(self) -> None:
        own = Rule.from_toml({"app": "oldchat", "read": "keys"})
        machine = World(Settings(rules=(own,))).machine
        assert machine.reading(App("keepassxc"), "") is Reading.NOTHING
        assert machine.reading(App("firefox"), "www.mybank.com") is Reading.NOTHING
        assert machine.reading(App("konversation"), "") is Reading.TEXT
        assert machine.reading(App("oldchat"), "") is Reading.KEYS
        machine.paused(on=True)
        assert machine.reading(App("konversation"), "") is Reading.NOTHING

    def test_a_rule_may_change_the_keys_of_a_place(self) -> None:
        rule = Rule.from_toml({"app": "konversation", "accept_word": "F2", "accept_all": ""})
        world = with_settings(rules=(rule,))
        suggested(world)
        world.press("Tab")
        assert world.reached_the_app[-1] == "Tab"
        world = suggested(with_settings(rules=(rule,)))
        world.press("F2")
        assert world.text == "see you tomorrow|"

    def test_focus_elsewhere_ends_it_and_the_question_with_it(self, world: World) -> None:
        world.type("see")
        question = world.question
        world.focus(identity="f2", draft=Draft("other"))
        assert protocol.Cancel(question.id) in world.said
        world.answer(" you", to=question)
        assert world.ghost == ""

    def test_a_click_hides_it(self, world: World) -> None:
        suggested(world)
        world.click(5, 5)
        assert world.ghost == ""
        world.press("Tab")
        assert world.reached_the_app[-1] == "Tab"

    def test_a_window_that_moves_takes_the_ghost_along(self, world: World) -> None:
        suggested(world)
        shown = len([action for action in world.did if type(action).__name__ == "Show"])
        world.focus(caret=Rect(7, 8, 1, 20))
        world.focus(caret=Rect(7, 8, 1, 20))
        assert len([a for a in world.did if type(a).__name__ == "Show"]) == shown + 1

    def test_pausing_hides_and_asks_nothing_until_it_ends(self, world: World) -> None:
        suggested(world)
        asked = len(world.questions)
        world.do(world.machine.paused(on=True))
        assert world.ghost == ""
        world.type("orr")
        assert len(world.questions) == asked
        world.do(world.machine.paused(on=False))
        world.focus()
        assert len(world.questions) == asked + 1

    def test_the_key_for_it_works_everywhere(self, world: World) -> None:
        world.focus(role=Role.PASSWORD, draft=None)
        world.press("Ctrl+Alt+P")
        assert world.did[-1] == TogglePause()


class TestConversations:
    def test_it_is_what_the_daemon_is_asked_with(self, world: World) -> None:
        world.conversation(("Ben", "when?"), me="Ana", partner="Ben")
        world.type("a")
        talk = Conversation((Turn("Ben", "when?"),))
        assert world.question.conversation == talk
        assert (world.question.speaker, world.question.partner) == ("Ana", "Ben")
        assert world.question.app == "konversation"

    def test_a_message_that_arrives_is_read_ahead(self, world: World) -> None:
        world.conversation(("Ben", "when?"))
        assert world.said == [protocol.Prepare("Ana", Conversation((Turn("Ben", "when?"),)))]

    def test_in_mid_message_the_draft_is_asked_about_anew(self, world: World) -> None:
        suggested(world, "at sev", "en")
        world.conversation(("Ben", "when?"))
        assert world.ghost == "en"
        world.answer("en o'clock")
        assert world.ghost == "en o'clock"

    def test_the_same_conversation_again_changes_nothing(self, world: World) -> None:
        world.type("a")
        world.conversation(("Ben", "when?"))
        asked = len(world.questions)
        world.conversation(("Ben", "when?"))
        assert len(world.questions) == asked

    def test_another_fields_conversation_is_not_this_ones(self, world: World) -> None:
        world.conversation(("Ben", "when?"))
        world.focus(identity="f2")
        world.type("a")
        assert world.question.conversation == Conversation()

    def test_who_does_not_want_it_read_is_asked_without(self) -> None:
        world = with_settings(suggestions=Suggesting(read_conversation=False), my_name="Ana")
        world.conversation(("Ben", "when?"))
        world.type("a")
        assert world.question.conversation == Conversation()
        assert world.question.speaker == "Ana"

    def test_that_of_another_field_is_nothing(self, world: World) -> None:
        talk = Conversation((Turn("Ben", "when?"),))
        world.do(world.machine.conversation(ScreenConversation("f9", talk, "Ana"), world.now))
        world.type("a")
        assert world.question.conversation == Conversation()

    def test_a_rule_may_say_what_the_user_is_called_in_an_app(self) -> None:
        rule = Rule.from_toml({"app": "konversation", "my_name": "ana2"})
        world = with_settings(my_name="Ana", rules=(rule,))
        world.type("a")
        assert world.question.speaker == "ana2"

    def test_the_clipboard_may_hold_it(self) -> None:
        world = with_settings(keys=replace(Settings().keys, read_clipboard="F9"))
        world.type("a")
        world.press("F9")
        assert world.did[-1] == ReadClipboard()
        talk = Conversation((Turn("Ben", "when?"),))
        world.do(world.machine.clipboard(talk, world.now))
        assert world.question.conversation == talk

    def test_how_sure_it_must_be_follows_the_settings_and_the_place(self) -> None:
        rule = Rule.from_toml({"app": "loud", "eagerness": "eager"})
        world = with_settings(suggestions=Suggesting(Eagerness.CAREFUL), rules=(rule,))
        world.type("a")
        assert world.question.limits.threshold == 0.75
        world.focus(app=App("loud"), identity="f2", draft=Draft("a"))
        assert world.question.limits.threshold == 0.4


class TestSending:
    @pytest.fixture
    def learner(self) -> World:
        return with_settings(learning=True)

    def learned(self, world: World) -> list[str]:
        return [message.text for message in world.said if isinstance(message, protocol.Learn)]

    def test_a_message_that_enter_sent_is_learned(self, learner: World) -> None:
        learner.conversation(("Ben", "when?"))
        learner.type("at noon")
        learner.press("Enter")
        assert self.learned(learner) == ["at noon"]
        assert learner.counts[Event.SENT] == 1

    def test_only_with_learning_on(self, world: World) -> None:
        world.type("at noon")
        world.press("Enter")
        assert self.learned(world) == []
        assert world.counts[Event.SENT] == 1

    def test_and_only_where_no_rule_is_against_it(self) -> None:
        rule = Rule.from_toml({"app": "konversation", "learn": False})
        world = with_settings(learning=True, rules=(rule,))
        world.type("at noon")
        world.press("Enter")
        assert self.learned(world) == []

    def test_an_enter_that_makes_a_line_is_none(self, learner: World) -> None:
        learner.type("at noon")
        learner.app = replace(learner.app, draft=Draft("at noon\n"))
        learner.key_sequence += 1
        learner.press("F5")
        learner.empties()
        assert self.learned(learner) == []

    def test_letters_that_the_app_tells_after_the_enter_are_in_it(self, learner: World) -> None:
        learner.type("at no")
        learner.type("on", tell=False)
        learner.press("Enter", tell=False)
        learner.told_all()
        assert self.learned(learner) == ["at noon"]

    def test_a_message_of_which_letters_are_missing_is_not_learned(self, learner: World) -> None:
        learner.type("at no")
        learner.type("on", tell=False)
        learner.press("Enter", tell=False)
        del learner.untold[:-1]
        learner.told_all()
        assert self.learned(learner) == []

    def test_a_click_on_a_button_beside_the_field_sends(self, learner: World) -> None:
        learner.type("at noon")
        learner.click(BOX.x + BOX.width + 20, BOX.y + 10)
        learner.empties()
        assert self.learned(learner) == ["at noon"]

    def test_a_click_on_another_chat_does_not(self, learner: World) -> None:
        learner.type("at noon")
        learner.click(BOX.x - 80, BOX.y - 300)
        learner.empties()
        assert self.learned(learner) == []

    def test_nor_does_another_field_that_is_empty(self, learner: World) -> None:
        learner.type("at noon")
        learner.press("Enter", tell=False)
        learner.untold.clear()
        learner.focus(identity="f2", draft=Draft(), window=Window("w1"))
        assert self.learned(learner) == []

    def test_an_enter_that_only_breaks_the_line_sends_nothing(self, learner: World) -> None:
        learner.type("at noon")
        learner.press("Enter", tell=False)
        learner.untold.clear()
        learner.focus(draft=Draft("at noon\n"))
        assert self.learned(learner) == []

    def test_a_field_that_empties_much_later_was_not_sent(self, learner: World) -> None:
        learner.type("at noon")
        learner.press("Enter", tell=False)
        learner.untold.clear()
        learner.now += 5
        learner.empties()
        assert self.learned(learner) == []


class TestDaemons:
    def test_a_daemon_that_comes_back_is_asked_about_what_stands_there(self, world: World) -> None:
        world.type("see")
        asked = len(world.questions)
        world.do(world.machine.connected())
        world.focus()
        assert len(world.questions) == asked + 1
        world.answer(" you")
        assert world.ghost == " you"

    def test_settings_that_change_hold_at_once(self, world: World) -> None:
        suggested(world)
        world.do(world.machine.configured(Settings(enabled=False)))
        assert world.ghost == ""
        assert world.mood == Mood(Silence.OFF, "konversation")
        world.do(world.machine.configured(Settings()))
        world.focus()
        assert world.question.draft.before == "see you tom"
