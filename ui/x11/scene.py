"""Where a focused object is: its app, its window, its page; asked once, then remembered."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from ui.platform.interface import App, Window
from ui.platform.roles import RoleNumber
from ui.x11 import atspi, toolkits
from ui.x11.bus import Bus, Call, Ref, first, getting, value

if TYPE_CHECKING:
    from ui.x11.toolkits import Traits

_K = TypeVar("_K")
_V = TypeVar("_V")

_REMEMBERED = 256
_DEEPEST = 60
_DAEMON = Ref("org.freedesktop.DBus", "/org/freedesktop/DBus")


@dataclass(frozen=True, slots=True)
class Program:
    """An app and what its toolkit does."""

    app: App
    traits: Traits


@dataclass(frozen=True, slots=True)
class Place:
    """What is around an object."""

    program: Program
    window: Window
    top: Ref
    """The window's own object."""
    document: Ref | None
    """The web page around it."""
    site: str


class Scene:
    """Remembers programs and places; everything else is asked anew."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._programs: dict[str, Program] = {}
        self._places: dict[Ref, Place] = {}

    def place(self, node: Ref) -> Place:
        """Where an object is.

        Raises:
            ConnectionError: The bus is gone.
        """
        known = self._places.get(node)
        if known is None:
            known = self._find(node)
            if known.window.identity:
                _remember(self._places, node, known)
        return known

    def forget(self, node: Ref) -> None:
        """Ask anew where an object is: a title or an address may be another by now."""
        self._places.pop(node, None)

    def program(self, owner: str) -> Program:
        """Who owns an object.

        Raises:
            ConnectionError: The bus is gone.
        """
        known = self._programs.get(owner)
        if known is None:
            root = Ref(owner, atspi.ROOT_PATH)
            name, toolkit, pid = self._bus.ask(
                [
                    getting(root, atspi.ACCESSIBLE, "Name"),
                    getting(root, atspi.APPLICATION, "ToolkitName"),
                    Call(_DAEMON, _DAEMON.owner, "GetConnectionUnixProcessID", "s", (owner,)),
                ]
            )
            number = int(first(pid, 0))
            found = toolkits.traits(str(value(toolkit, "")))
            label = str(value(name, "")) or command_name(number)
            known = Program(App(label.lower(), found.toolkit, number), found)
            if name and toolkit:
                _remember(self._programs, owner, known)
        return known

    def wake(self, node: Ref) -> None:
        """Have a lazy app build its tree: browsers do when somebody asks for relations."""
        self._bus.one(Call(self.place(node).top, atspi.ACCESSIBLE, "GetRelationSet"))

    def _find(self, node: Ref) -> Place:
        chain, document = [node], None
        while len(chain) < _DEEPEST:
            parent, role = self._bus.ask(
                [
                    getting(chain[-1], atspi.ACCESSIBLE, "Parent"),
                    Call(chain[-1], atspi.ACCESSIBLE, "GetRole"),
                ]
            )
            if document is None and first(role) == RoleNumber.DOCUMENT_WEB:
                document = chain[-1]
            up = atspi.ref(value(parent, ("", "")))
            if up is None or up.path == atspi.ROOT_PATH:
                break
            chain.append(up)
        top = chain[-1]
        title, address = self._bus.ask(
            [
                getting(top, atspi.ACCESSIBLE, "Name"),
                Call(document or top, atspi.DOCUMENT, "GetAttributes"),
            ]
        )
        window = Window("".join(top), str(value(title, "")))
        site = _host(first(address, {})) if document else ""
        return Place(self.program(node.owner), window, top, document, site)


def _host(attributes: dict[str, str]) -> str:
    """The host of a page, from what its document tells of itself (each browser in its own word)."""
    address = attributes.get("URI") or attributes.get("DocURL") or ""
    return urlsplit(address).hostname or ""


def command_name(pid: int) -> str:
    """The name of a process's program; empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def _remember(memory: dict[_K, _V], key: _K, found: _V) -> None:
    if len(memory) >= _REMEMBERED:
        memory.pop(next(iter(memory)))
    memory[key] = found
