"""quicktype in a real terminal: what one types, and what the screen shows."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING, Any

import pexpect
import pyte
import pytest

from tests.scenarios.conftest import COMMAND, SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.scenarios.conftest import Home

TAB, SHIFT_TAB, ENTER, BACKSPACE = "\t", "\x1b[Z", "\r", "\x7f"
CTRL_C, CTRL_D, CTRL_U = "\x03", "\x04", "\x15"
LINES, COLUMNS = 24, 120
DINNER = "Ana: dinner tomorrow?\nBen: yes! what time works for you?\n"


class Screen(pyte.Screen):
    """A screen that answers when it is asked where the cursor is."""

    def __init__(self, child: Any) -> None:
        super().__init__(COLUMNS, LINES)
        self._child = child

    def write_process_input(self, data: str) -> None:
        self._child.send(data)


class Terminal:
    """A terminal with quicktype in it."""

    def __init__(self, home: Home, *arguments: str) -> None:
        self._child = pexpect.spawn(
            COMMAND[0],
            [*COMMAND[1:], *arguments],
            env=home.environment,
            cwd=str(home.folder),
            dimensions=(LINES, COLUMNS),
        )
        self._screen = Screen(self._child)
        self._stream = pyte.ByteStream(self._screen)

    @property
    def text(self) -> str:
        """What the screen shows now."""
        return "\n".join(line.rstrip() for line in self._screen.display)

    def types(self, keys: str) -> None:
        self._child.send(keys)

    def shows(self, text: str) -> None:
        """Waits until this shows."""
        deadline = time.monotonic() + SECONDS
        while text not in self.text:
            assert time.monotonic() < deadline, f"{text!r} does not show:\n{self.text}"
            self._read(0.1)

    def leaves(self, key: str = CTRL_D) -> int:
        """Presses a key that ends it; gives the exit code."""
        self.types(key)
        deadline = time.monotonic() + SECONDS
        while self._read(0.1):
            assert time.monotonic() < deadline, f"it does not end:\n{self.text}"
        self._child.close()
        return int(self._child.exitstatus)

    def close(self) -> None:
        self._child.close(force=True)

    def _read(self, seconds: float) -> bool:
        """Takes in what comes within so many seconds; False at the end."""
        try:
            self._stream.feed(self._child.read_nonblocking(1 << 16, seconds))
        except pexpect.TIMEOUT:
            return True
        except pexpect.EOF:
            return False
        return True


@pytest.fixture
def dinner(home: Home) -> str:
    return home.write("dinner.txt", DINNER)


@pytest.fixture
def script(home: Home) -> str:
    return home.write("script.txt", "Ben: perfect, see you\nBen: bye\n")


@pytest.fixture
def terminal(home: Home, dinner: str, script: str) -> Iterator[Terminal]:
    """The playground without a daemon."""
    terminal = Terminal(home, "chat", dinner, "--speaker", "Ana", "--script", script)
    yield terminal
    terminal.close()


def test_a_message_is_completed_and_the_script_answers(terminal: Terminal) -> None:
    terminal.shows("Ben: yes! what time works for you?")
    terminal.types("how about sev")
    terminal.shows("Ana: how about seven o'clock then?")
    terminal.shows("in this process · ")
    terminal.types(TAB)
    terminal.types("x")
    terminal.shows("Ana: how about sevenx\n")
    terminal.types(BACKSPACE + SHIFT_TAB)
    terminal.shows("Ana: how about seven o'clock then?")
    terminal.types(SHIFT_TAB + ENTER)
    terminal.shows("Ana: how about seven o'clock then?\nBen: perfect, see you\nAna:")
    terminal.types("see you tomo")
    terminal.shows("% sure")
    terminal.types(TAB + ENTER)
    terminal.shows("Ana: see you tomorrow\nBen: bye\nAna:")
    assert terminal.leaves() == 0
    assert "Traceback" not in terminal.text


def test_the_daemon_answers_when_it_runs_and_chat_outlives_it(
    home: Home, daemon: int, dinner: str
) -> None:
    terminal = Terminal(home, "chat", dinner)
    terminal.types("how about sev")
    terminal.shows("Ana: how about seven o'clock then?")
    terminal.shows("by the daemon · ")
    os.kill(daemon, signal.SIGKILL)
    terminal.shows("the daemon closed the connection")
    terminal.types("x")
    terminal.shows("no daemon answers")
    assert home.run("start").returncode == 0
    terminal.types(CTRL_U + "see you tomo")
    terminal.shows("Ana: see you tomorrow")
    terminal.types(ENTER)
    assert terminal.leaves() == 0
    assert "Traceback" not in terminal.text


def test_ctrl_c_leaves_like_ctrl_d(terminal: Terminal) -> None:
    terminal.types("how about")
    terminal.shows("Ana: how about")
    assert terminal.leaves(CTRL_C) == 0


def test_complete_in_a_terminal_paints_the_line_in_place(home: Home, dinner: str) -> None:
    terminal = Terminal(home, "complete", dinner, "--draft", "how about sev")
    terminal.shows(" ms in this process")
    assert "Ana: how about seven o'clock then?\n\n  1  " in terminal.text
    terminal.close()


def test_without_a_terminal_it_says_what_to_use_instead(home: Home, dinner: str) -> None:
    done = home.run("chat", dinner)
    assert done.returncode == 1
    assert done.stderr == (
        "quicktype: chat needs a terminal; without one use: quicktype complete FILE\n"
    )


def test_a_script_or_a_beginning_that_is_no_conversation(home: Home, dinner: str) -> None:
    broken = home.write("broken", b"\0\0\0")
    assert "broken is not a conversation" in home.run("chat", broken).stderr
    assert "broken is not a conversation" in home.run("chat", dinner, "--script", broken).stderr


def test_a_model_answers_as_one_types(home: Home, dinner: str) -> None:
    """The parrot says both sides: mine as ghost text, the partner's by itself."""
    terminal = Terminal(home, "chat", dinner, "--speaker", "Ana", "--partner", "model")
    terminal.types("how about sev")
    terminal.shows("Ana: how about seven o'clock then?")
    terminal.types(SHIFT_TAB + ENTER)
    terminal.shows("Ana: how about seven o'clock then?\nBen: see you tomorrow\nAna:")
    terminal.types("bye" + ENTER)
    terminal.shows("Ana: bye\nBen: see you tomorrow\nAna:")
    assert "<" not in terminal.text
    assert terminal.leaves() == 0
    assert "Traceback" not in terminal.text


def test_a_partner_of_another_model_is_named_by_its_option(home: Home, dinner: str) -> None:
    done = home.run("chat", dinner, "--partner-model", "nobody")
    assert done.returncode == 1
    terminal = Terminal(home, "chat", dinner, "--partner-model", "nobody")
    terminal.shows("quicktype: there is no model nobody")
    terminal.close()
