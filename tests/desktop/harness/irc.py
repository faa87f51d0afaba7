"""An IRC server on localhost, and somebody who chats there."""

from __future__ import annotations

import socket
import threading

from tests.desktop.harness.desktop import Desktop, end
from tests.desktop.harness.waiting import wait_for

_CONFIGURATION = """
[Global]
    Name = irc.example.net
    Info = a server for tests
    Listen = 127.0.0.1
    Ports = {port}
    MotdPhrase = hello
[Limits]
    MaxConnectionsIP = 0
[Options]
    DNS = no
    Ident = no
    PAM = no
    SyslogFacility = user
"""


class Server:
    """ngircd, on a port of its own."""

    def __init__(self, desktop: Desktop) -> None:
        self.port = _free_port()
        settings = desktop.home / "ngircd.conf"
        settings.write_text(_CONFIGURATION.format(port=self.port))
        self._process = desktop.start("/usr/sbin/ngircd", "-n", "-f", str(settings))
        wait_for(self._listens, "the IRC server")

    def close(self) -> None:
        end(self._process)

    def _listens(self) -> bool:
        assert self._process.poll() is None, "ngircd ended"
        with socket.socket() as trial:
            return trial.connect_ex(("127.0.0.1", self.port)) == 0


class Chatter:
    """Another person on the server, in one room; `heard`: who said what there, or to them."""

    def __init__(self, server: Server, nick: str, room: str) -> None:
        self.nick, self.room = nick, room
        self.heard: list[tuple[str, str]] = []
        self.present: set[str] = set()
        self._socket = socket.create_connection(("127.0.0.1", server.port))
        threading.Thread(target=self._listen, daemon=True).start()
        self._send(f"NICK {nick}", f"USER {nick} 0 * :{nick}", f"JOIN {room}")
        self.sees(nick)

    def says(self, text: str, to: str = "") -> None:
        """Say this in the room, or to one person."""
        self._send(f"PRIVMSG {to or self.room} :{text}")

    def sees(self, nick: str) -> None:
        """Wait until this person is in the room, as an app that has just been started is soon."""
        wait_for(lambda: nick in self.present, f"{nick} in {self.room}", 60)

    def misses(self, nick: str) -> None:
        """Wait until this person has left."""
        wait_for(lambda: nick not in self.present, f"{nick}'s leaving")

    def hears(self, nick: str, text: str) -> None:
        """Wait until this person said this."""
        try:
            wait_for(lambda: (nick, text) in self.heard, f"{text!r} of {nick}")
        except AssertionError:
            assert (nick, text) in self.heard
            raise

    def close(self) -> None:
        self._socket.close()

    def _send(self, *lines: str) -> None:
        self._socket.sendall("".join(line + "\r\n" for line in lines).encode())

    def _listen(self) -> None:
        with self._socket.makefile(encoding="utf-8", newline="\r\n") as lines:
            for line in lines:
                self._take(line.strip())

    def _take(self, line: str) -> None:
        prefix, _, rest = line.partition(" ") if line.startswith(":") else ("", "", line)
        command, _, rest = rest.partition(" ")
        nick = prefix[1:].partition("!")[0]
        match command:
            case "PING":
                self._send(f"PONG {rest}")
            case "JOIN":
                self.present.add(nick)
            case "PART" | "QUIT":
                self.present.discard(nick)
            case "PRIVMSG":
                self.heard.append((nick, rest.partition(" :")[2]))


def _free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])
