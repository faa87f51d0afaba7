"""Writing settings: what the user wrote stays as it was."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.core.rules import Rule
from ui.core.settings import Settings, Theme, load
from ui.core.settings_file import SettingsError, documented, save


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "quicktype" / "settings.toml"


def rule(app: str) -> Rule:
    return Rule.from_toml({"app": app, "suggest": False})


def test_the_documented_file_sets_nothing_and_every_line_of_it_can_be_used() -> None:
    assert tomllib.loads(documented()) == {name: {} for name in ("keys", "look", "suggestions")}
    uncommented = [
        line.removeprefix("# ") if " = " in line and "[[" not in line else line
        for line in documented().partition("# What holds in which app")[0].splitlines()
    ]
    tomllib.loads("\n".join(line for line in uncommented if not line.startswith("quick")))


def test_a_first_change_writes_the_documented_file(file: Path) -> None:
    save(file, {("look", "theme"): Theme.DARK, ("learning",): True})
    text = file.read_text()
    assert 'theme = "dark"' in text
    assert "# accept_word" in text
    assert load(file, {}).settings == Settings(
        learning=True, look=Settings().look.__class__(Theme.DARK)
    )
    assert text.index("learning = true") < text.index("[keys]")
    assert len(text.splitlines()) == len(documented().splitlines())
    assert file.stat().st_mode & 0o077 == 0


def test_comments_order_and_unknown_things_stay(file: Path) -> None:
    file.parent.mkdir()
    file.write_text(
        '# mine\nmodel = "a" # the good one\nfuture = 1\n\n[look] # eyes\n  scale = 1.5  # bigger\n'
    )
    save(file, {("model",): "b", ("look", "theme"): "dark", ("learning",): True})
    text = file.read_text()
    for kept in ("# mine", '"b" # the good one', "future = 1", "# eyes", "scale = 1.5  # bigger"):
        assert kept in text
    found = load(file, {}).settings
    assert (found.model, found.learning, found.look.theme) == ("b", True, Theme.DARK)


def test_a_table_that_is_missing_is_added_however_the_others_are_written(file: Path) -> None:
    file.parent.mkdir()
    file.write_text('look = {theme = "dark"}\nkeys.dismiss = "F1"\n')
    save(file, {("look", "scale"): 1.5, ("keys", "pause"): "", ("suggestions", "words"): 4})
    found = load(file, {})
    assert found.problems == ()
    assert (found.settings.look.theme, found.settings.look.scale) == (Theme.DARK, 1.5)
    assert (found.settings.keys.dismiss, found.settings.keys.pause) == ("F1", "")
    assert found.settings.suggestions.words == 4


def test_rules_come_and_go_and_those_that_stay_keep_their_comments(file: Path) -> None:
    save(file, {}, rules=[rule("a"), rule("b")])
    assert load(file, {}).settings.rules == (rule("a"), rule("b"))
    file.write_text(file.read_text().replace('app = "b"', 'app = "b" # because'))
    save(file, {}, rules=[rule("b"), rule("c")])
    assert load(file, {}).settings.rules == (rule("b"), rule("c"))
    assert "# because" in file.read_text()
    save(file, {}, rules=[rule("c"), rule("b")])
    assert load(file, {}).settings.rules == (rule("c"), rule("b"))
    save(file, {}, rules=[])
    assert load(file, {}).settings == Settings()


values = st.one_of(
    st.tuples(st.just(("model",)), st.text(st.characters(exclude_categories=["Cs"]))),
    st.tuples(st.just(("learning",)), st.booleans()),
    st.tuples(st.just(("look", "scale")), st.floats(0.5, 2)),
    st.tuples(st.just(("suggestions", "words")), st.integers(1, 16)),
    st.tuples(st.just(("keys", "accept_all")), st.sampled_from(["", "F2", "Alt+\\", "Ctrl++"])),
)


@given(changes=st.lists(values, max_size=8))
def test_what_is_saved_is_what_is_loaded(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[tuple[str, ...], object]]
) -> None:
    file = tmp_path_factory.mktemp("any") / "settings.toml"
    for names, value in changes:
        save(file, {names: value})
    loaded = load(file, {})
    assert loaded.problems == ()
    for names, value in dict(changes).items():
        found: object = loaded.settings
        for name in names:
            found = getattr(found, name)
        assert found == value


def test_a_value_that_is_not_right_changes_nothing(file: Path) -> None:
    with pytest.raises(ValueError, match="needed for typing"):
        save(file, {("learning",): True, ("keys", "accept_word"): "a"})
    assert not file.exists()


def test_a_broken_file_is_never_overwritten(file: Path) -> None:
    file.parent.mkdir()
    file.write_text("learning = \n")
    with pytest.raises(SettingsError, match="mend it or move it away"):
        save(file, {("learning",): True})
    assert file.read_text() == "learning = \n"


def test_a_link_to_a_file_kept_elsewhere_stays_a_link(file: Path, tmp_path: Path) -> None:
    dotfile = tmp_path / "dotfiles.toml"
    dotfile.write_text("# kept\n")
    file.parent.mkdir()
    file.symlink_to(dotfile)
    save(file, {("learning",): True})
    assert file.is_symlink()
    assert load(dotfile, {}).settings.learning


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(file, {("learning",): True})
    before = file.read_text()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(SettingsError, match="No space left"):
        save(file, {("learning",): False})
    assert file.read_text() == before
    assert list(file.parent.iterdir()) == [file]
