"""Of all that could be told, the tray tells what matters most."""

from __future__ import annotations

import pytest

from quicktype.doctor.check import Check, State
from ui.app.link import Health, LinkState
from ui.app.status import Kind, Status, status
from ui.core.actions import Mood
from ui.core.silence import Silence

READY = LinkState(Health.READY)
GONE = LinkState(Health.GONE, "no daemon answers; start one with `quicktype start`")
BROKEN = Check("text", State.FAIL, "no accessibility bus", "install at-spi2-core")
RULED = Mood(Silence.RULE, "xterm", "", "terminals")
CHAT = Mood(None, "konversation")


@pytest.mark.parametrize(
    ("link", "mood", "findings", "problems", "kind", "says"),
    [
        (READY, None, (), (), Kind.READY, "ready"),
        (READY, CHAT, (), (), Kind.READY, "ready"),
        (READY, Mood(Silence.NO_FIELD), (), (), Kind.READY, "ready"),
        (LinkState(Health.STARTING), CHAT, (), (), Kind.STARTING, "starting"),
        (GONE, CHAT, (), (), Kind.TROUBLE, "quicktype start"),
        (LinkState(Health.HUNG, "does not answer"), CHAT, (), (), Kind.TROUBLE, "does not"),
        (READY, CHAT, (BROKEN,), (), Kind.TROUBLE, "install at-spi2-core"),
        (READY, CHAT, (), ("settings.toml: x",), Kind.TROUBLE, "settings.toml"),
        (GONE, Mood(Silence.PAUSED), (BROKEN,), (), Kind.PAUSED, "paused"),
        (GONE, Mood(Silence.OFF), (), (), Kind.PAUSED, "switched off"),
        (READY, RULED, (), (), Kind.SILENT, "xterm: terminals"),
        (READY, Mood(Silence.PASSWORD, "firefox", "a.org"), (), (), Kind.SILENT, "a.org: a pass"),
    ],
)
def test_what_is_told(
    link: LinkState,
    mood: Mood | None,
    findings: tuple[Check, ...],
    problems: tuple[str, ...],
    kind: Kind,
    says: str,
) -> None:
    found = status(link, mood, findings, problems)
    assert isinstance(found, Status)
    assert found.kind is kind
    assert says in found.line
