"""What the page about the desktop says is so."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from ui.core import hotkeys
from ui.core.settings import Settings, load

PAGE = (Path(__file__).parents[3] / "docs" / "desktop.md").read_text(encoding="utf-8")


def test_the_keys_are_those_that_ship() -> None:
    keys = Settings().keys
    shipped = [keys.accept_word, keys.accept_all, keys.next_candidate, keys.dismiss]
    table = PAGE.partition("## What works here")[0]
    listed = re.findall(r"^\| ([^|]+) \|", table, re.MULTILINE)[2:]
    assert listed[:4] == shipped
    assert listed[5:] == [keys.ask_now, keys.pause]
    for key in (*shipped, keys.ask_now, keys.pause):
        assert hotkeys.shown(hotkeys.parse(key)) == key


def test_the_example_of_settings_is_one(tmp_path: Path) -> None:
    example = PAGE.partition("```toml\n")[2].partition("```")[0]
    assert tomllib.loads(example)
    file = tmp_path / "settings.toml"
    file.write_text(example)
    loaded = load(file, {})
    assert loaded.problems == ()
    assert len(loaded.settings.rules) == 2
