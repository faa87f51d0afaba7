"""Our own keys, as they come back."""

from __future__ import annotations

from ui.x11.echoes import Echoes


def test_what_we_sent_is_ours_once() -> None:
    echoes = Echoes()
    echoes.expect([(True, 38), (False, 38)])
    assert echoes.claims(38, pressed=True)
    assert not echoes.claims(38, pressed=True)
    assert echoes.claims(38, pressed=False)
    assert not echoes.claims(38, pressed=False)


def test_a_key_in_between_is_the_users() -> None:
    echoes = Echoes()
    echoes.expect([(True, 38), (True, 39)])
    assert echoes.claims(38, pressed=True)
    assert not echoes.claims(40, pressed=True)
    assert echoes.claims(39, pressed=True)


def test_an_echo_that_never_came_is_not_waited_for_forever() -> None:
    now = 0.0
    echoes = Echoes(clock=lambda: now)
    echoes.expect([(True, 38)])
    now = 10.0
    assert not echoes.claims(38, pressed=True)
