"""What quicktype does where; the user's own rules win."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ui.core.rules import (
    Behaviour,
    Eagerness,
    Place,
    Reading,
    Rule,
    RuleError,
    Rules,
    shipped_rules,
)
from ui.platform.interface import Way


def rule(**table: Any) -> Rule:
    return Rule.from_toml(table)


@pytest.mark.parametrize(
    "app",
    [
        "keepassxc",
        "org.keepassxc.keepassxc",
        "bitwarden",
        "pinentry-gtk-2",
        "ssh-askpass",
        "xterm",
        "konsole",
        "kitty",
        "polkit-gnome-authentication-agent-1",
        "gnome-terminal-server",
        "i3lock",
        "xscreensaver",
        "xfce4-screensaver",
        "remmina",
        "virt-viewer",
        "code",
        "jetbrains-idea",
        "emacs",
        "gvim",
        "sublime_text",
        "rofi",
    ],
)
def test_password_managers_terminals_lock_screens_and_the_like_ship_silent(app: str) -> None:
    behaviour = Rules().behaviour(Place(app=app))
    assert not behaviour.suggest
    assert not behaviour.learn
    assert behaviour.rule


@pytest.mark.parametrize(
    "app",
    [
        "konversation",
        "hexchat",
        "srain",
        "telegram-desktop",
        "signal",
        "discord",
        "slack",
        "chromium",
        "firefox",
        "gajim",
        "dino",
        "pidgin",
        "thunderbird",
        "element",
        "whatsapp",
        "gedit",
        "kate",
    ],
)
def test_chats_and_editors_of_prose_are_served(app: str) -> None:
    assert Rules().behaviour(Place(app=app, toolkit="gtk", role="text")) == Behaviour()


@pytest.mark.parametrize(
    ("site", "served"),
    [
        ("web.whatsapp.com", True),
        ("app.slack.com", True),
        ("www.mybank.com", False),
        ("vault.bitwarden.com", False),
        ("accounts.google.com", False),
        ("vscode.dev", False),
    ],
)
def test_sites_have_rules_of_their_own(site: str, served: bool) -> None:
    assert Rules().behaviour(Place(app="firefox", site=site)).suggest is served


def test_the_users_own_rule_wins_over_the_shipped_one() -> None:
    own = Rules([rule(app="code", suggest=True, accept_word="Ctrl+Right")])
    behaviour = own.behaviour(Place(app="code"))
    assert behaviour.suggest
    assert behaviour.accept_word == "Ctrl+Right"
    assert not behaviour.learn  # of that the user's rule says nothing


def test_of_the_users_rules_the_later_one_wins_field_by_field() -> None:
    rules = Rules(
        [
            rule(app="*chat", accept_word="F1", eagerness="eager"),
            rule(app="hex*", accept_word="F2", insert="paste"),
        ]
    )
    behaviour = rules.behaviour(Place(app="hexchat"))
    assert (behaviour.accept_word, behaviour.insert) == ("F2", Way.PASTE)
    assert behaviour.eagerness is Eagerness.EAGER


def test_a_rule_wants_all_that_it_asks_for_and_any_of_a_list() -> None:
    rules = Rules(
        [rule(app=["Firefox", "chrom*"], site="chat.example", suggest=False, name="work")]
    )
    assert rules.behaviour(Place(app="firefox", site="mail.example")).suggest
    for app in ("firefox", "Chromium"):
        behaviour = rules.behaviour(Place(app=app, site="chat.example"))
        assert (behaviour.suggest, behaviour.rule) == (False, "work")


def test_keys_are_read_only_where_the_user_says_so() -> None:
    assert (
        Rules([rule(app="xchat", read="keys")]).behaviour(Place(app="xchat")).read is Reading.KEYS
    )
    assert all(item.decides.get("read") != Reading.KEYS for item in shipped_rules())


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({}, "needs one of app, site, toolkit, role"),
        ({"app": "x"}, "decides one of suggest"),
        ({"suggest": False}, "needs one of"),
        ({"app": "x", "suggest": "no"}, "true or false"),
        ({"app": 3, "suggest": False}, "a text or a list of texts"),
        ({"app": [], "suggest": False}, "a text or a list of texts"),
        ({"app": "x", "read": "minds"}, "text, keys"),
        ({"app": "x", "insert": "magic"}, "best, type, paste, text"),
        ({"app": "x", "accept_word": "a"}, "needed for typing"),
        ({"app": "x", "sugest": False}, "no 'sugest'"),
        ({"app": "x", "suggest": False, "name": 1}, "name is a text"),
    ],
)
def test_what_is_no_rule_is_refused_in_words(table: dict[str, Any], says: str) -> None:
    with pytest.raises(RuleError, match=re.escape(says)):
        Rule.from_toml(table)


def test_a_rule_is_written_as_it_is_read() -> None:
    table = {
        "name": "n",
        "app": ["a", "b"],
        "site": "c",
        "learn": True,
        "read": "keys",
        "insert": "type",
    }
    assert Rule.from_toml(table).to_toml() == table
    for shipped in shipped_rules():
        assert Rule.from_toml(shipped.to_toml()) == shipped


def test_a_rule_without_a_name_is_called_by_what_it_is_about() -> None:
    assert rule(app=["hexchat", "srain"], suggest=False).title() == "hexchat, srain"
