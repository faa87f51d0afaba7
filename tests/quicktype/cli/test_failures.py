"""What a person reads when something failed."""

from __future__ import annotations

import click
import pytest

from engine.checkpoint import CheckpointError
from quicktype.cli.failures import Failure, explain, report
from quicktype.transcript import TranscriptError


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (Failure("no daemon runs"), "no daemon runs"),
        (TranscriptError("x.txt is not a conversation"), "x.txt is not a conversation"),
        (CheckpointError("x is truncated"), "x is truncated"),
        (FileNotFoundError(2, "No such file or directory", "x"), "x: No such file or directory"),
        (OSError(28, "No space left on device"), "No space left on device"),
        (MemoryError(), "not enough memory for this; close other programs"),
        (ModuleNotFoundError(name="torch"), "this needs the package torch; install"),
        (ModuleNotFoundError(name="numpy"), "the installation is not whole"),
        (ZeroDivisionError("division by zero"), "unexpected ZeroDivisionError: division by zero"),
    ],
)
def test_every_failure_is_one_line_and_exit_code_1(
    error: Exception, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert report(error) == 1
    output = capsys.readouterr()
    assert line in output.err
    assert output.err.startswith("quicktype: ")
    assert output.err.count("\n") == 1
    assert output.out == ""


def test_missing_training_packages_come_with_one_command() -> None:
    said = explain(ModuleNotFoundError("No module named 'torch'", name="torch"))
    command = said.partition("needs: ")[2]
    assert command.startswith("make -C ")
    assert command.endswith(" setup")


def test_a_long_message_of_many_lines_becomes_one_short_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    report(Failure("first\nsecond " + "x" * 10_000))
    said = capsys.readouterr().err
    assert said.startswith("quicktype: first second xxx")
    assert len(said) < 600


def test_ctrl_c_at_a_question_is_no_failure(capsys: pytest.CaptureFixture[str]) -> None:
    assert report(click.Abort()) == 130
    assert capsys.readouterr().err == ""


def test_the_traceback_is_there_for_who_asks(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("QUICKTYPE_DEBUG", "1")
    report(ValueError("deep down"))
    assert "\nValueError: deep down" in "\n" + capsys.readouterr().err
