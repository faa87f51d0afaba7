"""Chat clients that other people wrote, each with an account on the IRC server of the tests."""

from __future__ import annotations

from dataclasses import dataclass

from tests.desktop.harness.apps import RunningApp, Told
from tests.desktop.harness.desktop import Desktop
from tests.desktop.harness.irc import Chatter, Server
from tests.desktop.harness.keyboard import Fingers
from tests.desktop.harness.waiting import wait_for

ROOM, NICK = "#dinner", "ann"

_SRAIN = """
version = "1.5.0"
csd = false
server-visibility = false
auto-connect = ["local"]
server-list = ({{
    name = "local"; addresses = ["127.0.0.1:{port}"]; tls = false; encoding = "utf-8";
    auto-join = ["{room}"];
    user = {{ nickname = "{nick}"; username = "{nick}"; realname = "Ann"; }}
}})
"""
_KONVERSATION = """
[Flags]
ShowServerList=false
[Identity 0]
Name=Default Identity
Ident={nick}
Realname=Ann
Nicknames={nick},{nick}_
[ServerGroup 0]
Name=local
Identity=Default Identity
ServerList=Server 0
AutoJoinChannels=Channel 0
AutoConnect=true
[Server 0]
Server=127.0.0.1
Port={port}
SSLEnabled=false
[Channel 0]
Name={room}
"""


@dataclass
class ChatClient:
    """A client in the room; `me` is how the one who sits there is called in what is read."""

    app: RunningApp
    me: str

    def enter(self, fingers: Fingers) -> None:
        """Bring its window to the front, with the room in it (one tab further, in some)."""
        self.app.activate()
        atom = self.app.display.intern_atom("_NET_WM_NAME")

        def there() -> bool:
            return ROOM in str(self.app.window.get_full_text_property(atom))

        if not there():
            fingers.tap("Alt_L", "Right")
        wait_for(there, f"{ROOM} in the window's title")


def start_srain(desktop: Desktop, server: Server, maria: Chatter) -> ChatClient:
    """srain (GTK 3): bubbles on two sides, and only the others are named."""
    folder = desktop.home / "config" / "srain"
    folder.mkdir(parents=True)
    written = _SRAIN.format(port=server.port, room=ROOM, nick=NICK)
    (folder / "srain.cfg").write_text(written, encoding="utf-8")
    return ChatClient(_start(desktop, "srain", "srain", maria), "me")


def start_konversation(desktop: Desktop, server: Server, maria: Chatter) -> ChatClient:
    """Konversation (Qt 5): a log with a name in each line, and one's own beside the field."""
    written = _KONVERSATION.format(port=server.port, room=ROOM, nick=NICK)
    (desktop.home / "config" / "konversationrc").write_text(written, encoding="utf-8")
    return ChatClient(_start(desktop, "konversation", "Konversation", maria), NICK)


def _start(desktop: Desktop, command: str, title: str, maria: Chatter) -> RunningApp:
    process = desktop.start(command, log=desktop.home / f"{command}.log")
    app = RunningApp(desktop, process, Told(desktop.home / f"{command}.jsonl"), title)
    maria.sees(NICK)
    return app
