from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from quicktype.cli.evaluate import evaluate
from quicktype.evaluation.cases import DataError
from quicktype.ngrams import count

CHAT = {
    "id": "dinner",
    "turns": [
        {"speaker": "Ana", "text": "are we still on for dinner?"},
        {"speaker": "Ben", "text": "thank you very much"},
    ],
}


@pytest.fixture
def chats(tmp_path: Path) -> Path:
    path = tmp_path / "chats.jsonl"
    path.write_text(json.dumps(CHAT))
    return path


def run(*arguments: str | Path) -> str:
    result = CliRunner().invoke(evaluate, [str(a) for a in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_whole_of_it(chats: Path, tmp_path: Path) -> None:
    count(["thank you very much", "thank you very well", "hello"] * 2, order=5, rare=1).save(
        tmp_path / "ngrams"
    )
    picture = tmp_path / "curve.png"
    printed = run("--data", chats, "--ngrams", tmp_path / "ngrams", "--picture", picture, "--json")
    found = json.loads(printed)
    subjects = {subject["name"]: subject["slices"][-1] for subject in found["subjects"]}
    assert list(subjects) == ["quicktype", "5-gram", "word frequency", "oracle", "silence"]
    assert subjects["silence"]["best"]["savings"]["savings"] == 0
    assert subjects["oracle"]["shipped"]["savings"] == pytest.approx(1 - 2 / 20)
    assert subjects["5-gram"]["best"]["savings"]["savings"] == pytest.approx(1 - 2 / 20)
    assert subjects["quicktype"]["best"]["savings"]["savings"] > 0.2
    assert len(subjects["quicktype"]["curve"]) > 20
    assert found["latency"]["keys"] == len("thank you very much")
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_the_tables_are_for_people(chats: Path) -> None:
    printed = run("--data", chats, "--jobs", "1")
    assert "Net time saved" in printed
    assert "of them answered in under 1 ms" in printed


def test_a_file_of_something_else(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("no chat")
    with pytest.raises(DataError, match=r"line 1 of .*notes\.txt is no conversation"):
        CliRunner().invoke(evaluate, ["--data", str(path)], catch_exceptions=False)
