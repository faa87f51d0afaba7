"""`quicktype complete` and its neighbours, with and without a daemon."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from engine import checkpoint
from quicktype.prompt import TEMPLATES
from tests.scenarios.conftest import COMMAND, SECONDS
from tests.support.tiny_model import tiny_checkpoint

if TYPE_CHECKING:
    from pathlib import Path

    from tests.scenarios.conftest import Home

DINNER = "Ana: are we still on for dinner tomorrow?\nBen: yes! what time works for you?\n"


def done_object(home: Home, *arguments: str, given: str = DINNER) -> dict[str, Any]:
    done = home.run("complete", "-", "--json", *arguments, given=given)
    assert (done.returncode, done.stderr) == (0, "")
    value: dict[str, Any] = json.loads(done.stdout)
    return value


def one_line(done: subprocess.CompletedProcess[str]) -> str:
    """The one line of a command that failed."""
    assert done.returncode == 1
    assert done.stderr.startswith("quicktype: ")
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""
    return done.stderr


@pytest.mark.parametrize(("draft", "rest"), [("how about sev", "en"), ("see you tomo", "rrow")])
def test_the_word_that_was_begun_is_finished(home: Home, draft: str, rest: str) -> None:
    done = done_object(home, "--speaker", "Ana", "--draft", draft)
    assert done["type"] == "done"
    assert (done["reason"], done["suppression"]) == ("complete", None)
    best = done["candidates"][0]
    assert best["text"].startswith(rest)
    assert "".join(word["text"] for word in best["words"]) == best["text"]
    assert set(done["timing"]) == {
        "queue_ms", "prefill_ms", "decode_ms", "total_ms",
        "prompt_tokens", "reused_tokens", "decoded_tokens",
    }  # fmt: skip


def test_the_daemon_and_this_process_say_the_same(home: Home) -> None:
    query = ("--draft", "how ", "-n", "2", "--words", "3")
    here = done_object(home, *query)
    assert here["candidates"][0]["text"] == "about seven o'clock"
    assert home.run("start").returncode == 0
    there = done_object(home, *query)
    assert there["candidates"] == here["candidates"]
    assert json.loads(home.run("status", "--json").stdout)["requests"] == 1


def test_for_people_the_conversation_the_completion_and_its_timing(home: Home) -> None:
    file = home.write("dinner.txt", DINNER)
    said = home.run("complete", file, "--draft", "how about sev", "--after", " !").stdout
    assert said.startswith(DINNER + "Ana: how about sev[en o'clock then?] !\n")
    assert " ms in this process: prefill " in said
    home.run("start")
    assert " ms by the daemon: prefill " in home.run("complete", file).stdout


def test_a_named_model_is_loaded_even_when_a_daemon_runs(home: Home, daemon: int) -> None:
    model = home.environment["QUICKTYPE_MODEL"]
    said = home.run("complete", "-", "--model", model, given=DINNER).stdout
    assert "in this process" in said
    assert daemon


def test_only_the_gate_holds_back(home: Home) -> None:
    secret = ("--draft", "my password is ")
    assert done_object(home, *secret)["suppression"] is None
    gated = done_object(home, *secret, "--gate")
    assert (gated["reason"], gated["suppression"]) == ("suppressed", "secret")
    assert gated["candidates"] == []


def test_a_conversation_far_longer_than_any_context(home: Home) -> None:
    lines = "".join(f"Ben: {'and so on ' * 20}{n}\nAna: ok\n" for n in range(10_000))
    query = ("--speaker", "Ana", "--draft", "see you tomo")
    assert done_object(home, *query, given=lines)["candidates"][0]["text"] == "rrow"
    home.run("start")
    assert done_object(home, *query, given=lines)["candidates"][0]["text"] == "rrow"


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"\x7fELF\x02\x01\x01\0\0", "is not a conversation: "),
        (b"just some text\n", "line 1 has no speaker; expected lines like"),
        (b"[" * 50_000, "JSON nested too deeply"),
        (b'{"speaker": "Ana"}', 'lacks the text field "text"'),
        (b"", "the conversation is empty, and so is the draft"),
    ],
)
def test_what_is_no_conversation(home: Home, content: bytes, complaint: str) -> None:
    assert complaint in one_line(home.run("complete", home.write("file", content)))


def test_more_than_a_line_of_the_wire_holds(home: Home, daemon: int) -> None:
    long = "é" * 60_000  # six bytes each, there
    query = ("--json", "--draft", long, "--after", long)
    said = one_line(home.run("complete", "-", *query, given=f"Ben: {long}"))
    assert "the daemon refused: " in said
    assert "to do without it: quicktype stop" in said
    assert f"pid {daemon}" in home.run("status").stdout


def test_files_that_cannot_be_read(home: Home) -> None:
    assert "No such file" in one_line(home.run("complete", "nowhere.txt"))
    assert "Is a directory" in one_line(home.run("complete", "."))
    model = ("--model", "nothing")
    assert "no model nothing" in one_line(home.run("complete", "-", *model, given=DINNER))


@pytest.mark.parametrize("keep", [0, 7, 1000, -1])
def test_broken_weights(home: Home, parrot: Path, keep: int) -> None:
    """Truncated anywhere, or with a byte that was changed."""
    whole = parrot.read_bytes()
    content = whole[:keep] if keep >= 0 else whole[:-100] + b"\x55" + whole[-99:]
    broken = home.write("broken.safetensors", content)
    for command in (["complete", "-"], ["generate"], ["daemon"]):
        assert broken in one_line(home.run(*command, "--model", broken, given=DINNER))
    assert broken in one_line(home.run("model", "info", broken))


@pytest.mark.parametrize(
    "arguments",
    [
        ["complete"],
        ["complete", "-", "-n", "0"],
        ["complete", "-", "-n", "9"],
        ["complete", "-", "--words", "17"],
        ["complete", "-", "--colour"],
        ["generate", "--temperature", "-1"],
        ["generate", "--top-p", "0"],
        ["fly"],
    ],
)
def test_wrong_usage_is_exit_code_2(home: Home, arguments: list[str]) -> None:
    done = home.run(*arguments)
    assert done.returncode == 2
    assert "--help" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "command",
    [
        "",
        "start",
        "stop",
        "status",
        "daemon",
        "complete",
        "chat",
        "generate",
        "model list",
        "train",
    ],
)
def test_help_teaches_with_examples(home: Home, command: str) -> None:
    done = home.run(*command.split(), "--help")
    assert done.returncode == 0
    assert f"quicktype {command}".rstrip() in done.stdout.partition("\n")[2]


def test_the_version(home: Home) -> None:
    assert home.run("--version").stdout.startswith("quicktype 0.")


def test_models_are_listed_and_described(home: Home) -> None:
    own = home.folder / "data" / "quicktype" / "models"
    own.mkdir(parents=True)
    (own / "mine.safetensors").symlink_to(home.environment["QUICKTYPE_MODEL"])
    listed = home.run("model", "list").stdout
    assert "  mine  " in listed
    assert "parameters   " in home.run("model", "info", "mine").stdout
    facts = json.loads(home.run("model", "info", "--json").stdout)
    assert (facts["name"], facts["context"]) == ("parrot", 256)
    assert facts["config"]["dim"] == 512


def test_generation_is_repeatable_and_tells_its_rate(home: Home) -> None:
    first, second = (home.run("generate", "--prompt", "see", "--seed", "1") for _ in range(2))
    assert first.stdout.startswith("A: see you tomorrow\nB: ")
    assert first.stdout == second.stdout
    assert "256 tokens, " in first.stderr
    assert " a second" in first.stderr


def test_generation_ends_where_it_is_told_to_or_with_the_context(home: Home) -> None:
    few = home.run("generate", "-n", "3", "--prompt", "see", "--temperature", "0")
    assert (few.stdout, few.stderr.partition(",")[0]) == ("A: see you tomorrow\n", "\n3 tokens")
    assert home.run("generate", "-n", "0", "--seed", "5").returncode == 0
    assert "256 tokens, " in home.run("generate", "-n", "0", "--seed", "5").stderr


@pytest.fixture
def plain(home: Home) -> str:
    """A model of random weights that was made for no chats."""
    made = replace(tiny_checkpoint(), template=TEMPLATES["lines"].to_json())
    path = home.folder / "plain.safetensors"
    checkpoint.save(path, made)
    return str(path)


def test_a_model_that_is_no_chat_model_goes_on_with_the_prompt(home: Home, plain: str) -> None:
    asked = ("generate", "--model", plain, "--prompt", "see you", "--seed", "1", "-n", "20")
    first, second = home.run(*asked), home.run(*asked)
    assert first.stdout.startswith("see you")
    assert first.stdout == second.stdout
    assert len(first.stdout) > len("see you\n")
    assert "a second" in first.stderr


def test_it_writes_until_its_context_is_full_and_may_begin_on_its_own(
    home: Home, plain: str
) -> None:
    done = home.run("generate", "--model", plain, "-n", "0", "--temperature", "0")
    tokens = int(done.stderr.split()[0])
    assert done.returncode == 0
    assert 0 < tokens < 256
    assert not done.stdout.startswith(" ")


def test_a_prompt_longer_than_the_context_is_refused_in_one_line(home: Home, plain: str) -> None:
    said = one_line(home.run("generate", "--model", plain, "--prompt", "see " * 300))
    assert "the prompt is longer than the model's context of 256 tokens" in said


def test_ctrl_c_ends_generation_with_its_rate(home: Home) -> None:
    process = home.begin("generate", "-n", "100000000")
    assert process.stdout is not None
    assert process.stdout.read(40).startswith("A: ")
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=SECONDS)
    assert process.returncode == 130
    assert " tokens, " in errors
    assert "Traceback" not in errors


def test_a_reader_that_has_seen_enough_is_no_error(home: Home) -> None:
    with subprocess.Popen(
        [*COMMAND, "generate", "-n", "200"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=home.environment,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        errors = process.stderr.read().decode()
        assert process.wait(SECONDS) == 0
    assert "BrokenPipe" not in errors


def test_ctrl_c_is_quiet(home: Home) -> None:
    fifo = home.folder / "endless.txt"
    os.mkfifo(fifo)
    process = home.begin("complete", str(fifo))
    with fifo.open("w"):  # returns once the other end is open, and it reads
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=SECONDS)
    assert process.returncode == 130
    assert (output, errors.strip()) == ("", "")


def test_training_without_its_packages_says_the_one_command(home: Home) -> None:
    (home.folder / "shadow").mkdir()
    home.write("shadow/torch.py", 'raise ModuleNotFoundError("No module torch", name="torch")')
    home.environment["PYTHONPATH"] += f":{home.folder / 'shadow'}"
    said = one_line(home.run("train", "pretrain", str(home.folder)))
    assert "this needs the package torch; install what training needs: make -C" in said


def test_the_guard_against_internet_sockets_works(home: Home) -> None:
    """Every other scenario relies on it."""
    home.environment["QUICKTYPE_TEST_INTERNET_LOG"] += ".expected"
    code = "import socket; socket.socket(socket.AF_INET, socket.SOCK_STREAM)"
    caught = subprocess.run(
        [sys.executable, "-c", code], env=home.environment, capture_output=True, check=False
    )
    assert b"PermissionError: an internet socket was opened" in caught.stderr
    log = home.environment["QUICKTYPE_TEST_INTERNET_LOG"]
    with open(log, encoding="utf-8") as lines:  # noqa: PTH123 - a name, not a path
        assert "socket.__new__" in lines.read()
