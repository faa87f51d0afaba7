"""What settings mean; a broken file says so, and the defaults hold."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.core import settings
from ui.core.rules import Eagerness, Rule
from ui.core.settings import Settings, Theme, load


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "settings.toml"


def test_without_a_file_the_defaults_hold(file: Path) -> None:
    assert load(file, {}) == settings.Loaded(Settings())


def test_the_file_says_what_differs(file: Path) -> None:
    file.write_text(
        """
        learning = true
        [keys]
        accept_word = "right"
        [look]
        theme = "dark"
        scale = 1
        [suggestions]
        eagerness = "careful"
        [[rules]]
        app = "hexchat"
        suggest = false
        """
    )
    loaded = load(file, {})
    assert loaded.problems == ()
    found = loaded.settings
    assert found.learning
    assert found.keys == replace(Settings().keys, accept_word="right")
    assert found.look.theme is Theme.DARK
    assert isinstance(found.look.scale, float)
    assert found.suggestions.eagerness is Eagerness.CAREFUL
    assert found.rules == (Rule(app=("hexchat",), decides={"suggest": False}),)


def test_every_setting_has_a_variable_that_wins(file: Path) -> None:
    file.write_text('model = "base"\n[look]\ntheme = "dark"\nscale = 1.5\n')
    environment = {
        "QUICKTYPE_MODEL": "mine",
        "QUICKTYPE_LEARNING": "on",
        "QUICKTYPE_STATISTICS": "0",
        "QUICKTYPE_LOOK_THEME": "light",
        "QUICKTYPE_LOOK_SCALE": "0.75",
        "QUICKTYPE_SUGGESTIONS_WORDS": "3",
        "QUICKTYPE_KEYS_DISMISS": "",
    }
    loaded = load(file, environment)
    assert loaded.problems == ()
    found = loaded.settings
    assert (found.model, found.learning, found.statistics) == ("mine", True, False)
    assert (found.look.theme, found.look.scale) == (Theme.LIGHT, 0.75)
    assert found.suggestions.words == 3
    assert found.keys.dismiss == ""


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("learning = ", "cannot be read, the defaults hold"),
        ("learning = 3", "learning: it is true or false, not 3; false holds"),
        ("lerning = true", "lerning is no setting; learning is"),
        ('[keys]\naccept_word = "Tabb"', "keys.accept_word: 'Tabb' is no key"),
        ('[keys]\naccept_word = "a"', "A is needed for typing"),
        ('keys = "Tab"', "keys is a table: write [keys]"),
        ('[look]\ntheme = "pink"', 'one of auto, light, dark, not "pink"; "auto" holds'),
        ("[look]\nopacity = 7", "a number from 0.2 to 1"),
        ('[look]\ncolour = "grey"', "a colour is written like #8a8a8a"),
        ("[suggestions]\nwords = 2.5", "it is a number, not 2.5"),
        ("[suggestions]\nwords = true", "it is a number, not true"),
        ("rules = 1", "write [[rules]] above each"),
        ('[[rules]]\napp = "x"', "rule 1 does not hold"),
    ],
)
def test_what_is_wrong_is_said_and_the_default_holds(file: Path, text: str, says: str) -> None:
    file.write_text(text)
    loaded = load(file, {})
    assert loaded.settings == Settings()
    assert len(loaded.problems) == 1
    assert says in loaded.problems[0]


def test_what_is_right_holds_beside_what_is_wrong(file: Path) -> None:
    file.write_text("learning = true\nmodel = 3\n")
    loaded = load(file, {})
    assert loaded.settings == Settings(learning=True)
    assert len(loaded.problems) == 1


def test_a_wrong_variable_is_named(file: Path) -> None:
    loaded = load(file, {"QUICKTYPE_LEARNING": "perhaps", "QUICKTYPE_SUGGESTIONS_WORDS": "many"})
    assert loaded.settings == Settings()
    assert [problem.split(":")[0] for problem in loaded.problems] == [
        "$QUICKTYPE_LEARNING",
        "$QUICKTYPE_SUGGESTIONS_WORDS",
    ]


@given(data=st.binary(max_size=200))
def test_no_file_keeps_anybody_from_typing(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    file = tmp_path_factory.mktemp("any") / "settings.toml"
    file.write_bytes(data)
    assert isinstance(load(file, {}).settings, Settings)


def test_a_folder_in_the_files_place_is_no_reason_to_fail(file: Path) -> None:
    file.mkdir()
    assert "cannot be read" in load(file, {}).problems[0]


def test_every_setting_is_documented_and_its_default_is_right() -> None:
    for item in fields(Settings):
        assert settings.about(Settings(), item.name).meaning
        table = getattr(Settings(), item.name)
        if is_dataclass(table):
            for inner in fields(table):
                names = (item.name, inner.name)
                assert settings.check_value(names, settings.default_of(names)) is not None
