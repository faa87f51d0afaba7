"""Chat clients that nobody here wrote, on an IRC server on localhost."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from quicktype.completer import Completion, CompletionRequest, Reason
from quicktype.conversation import Conversation, Turn
from quicktype.daemon import Loaded, serve
from quicktype.protocol import ModelInfo, Timing
from quicktype.suggestion import Candidate, Word
from tests.desktop.harness.chat_clients import (
    NICK,
    ROOM,
    ChatClient,
    start_konversation,
    start_srain,
)
from tests.desktop.harness.desktop import Desktop
from tests.desktop.harness.irc import Chatter, Server
from tests.desktop.harness.keyboard import Fingers
from tests.desktop.harness.product import Person, started
from tests.desktop.harness.suggester import Suggester
from tests.desktop.harness.waiting import wait_for
from tests.support.fake_daemon import Peer
from ui.x11.platform import X11Platform


@pytest.fixture(scope="module")
def server(desktop: Desktop) -> Iterator[Server]:
    server = Server(desktop)
    yield server
    server.close()


@pytest.fixture(scope="module")
def maria(server: Server) -> Iterator[Chatter]:
    maria = Chatter(server, "maria", ROOM)
    yield maria
    maria.close()


@pytest.fixture(scope="module", params=[start_srain, start_konversation])
def client(
    desktop: Desktop, server: Server, maria: Chatter, request: pytest.FixtureRequest
) -> Iterator[ChatClient]:
    start: Callable[[Desktop, Server, Chatter], ChatClient] = request.param
    client = start(desktop, server, maria)
    yield client
    client.app.close()
    maria.misses(NICK)


def test_what_is_said_is_read_with_its_speakers(
    client: ChatClient, maria: Chatter, fingers: Fingers, suggester: Suggester
) -> None:
    client.enter(fingers)
    maria.says("are we still on for friday?")
    maria.says("note: I can bring the salad")
    in_the_room(suggester)
    fingers.write("of course we are\n", every=0.01)
    maria.hears(NICK, "of course we are")
    maria.says("great, at the usual place then")
    turns = (
        Turn("maria", "are we still on for friday?"),
        Turn("maria", "note: I can bring the salad"),
        Turn(client.me, "of course we are"),
        Turn("maria", "great, at the usual place then"),
    )

    def told() -> bool:
        talk = suggester.conversations[-1] if suggester.conversations else None
        return talk is not None and talk.conversation.turns[-4:] == turns and talk.me == client.me

    try:
        wait_for(told, "the conversation")
    except AssertionError:
        assert suggester.conversations[-1].conversation.turns[-4:] == turns
        raise


def test_what_is_taken_is_sent_as_it_stood_there(
    client: ChatClient, maria: Chatter, fingers: Fingers, suggester: Suggester,
    platform: X11Platform,
) -> None:  # fmt: skip
    client.enter(fingers)
    in_the_room(suggester)
    fingers.write("the usu", every=0.01)
    wait_for(lambda: suggester.shown == "al place at eight", "the suggestion")
    found = suggester.field
    assert found is not None
    place = platform.place(found)
    assert place is not None
    assert place.below is False
    tab = fingers.code("Tab")
    wait_for(lambda: tab in platform._hands._grabs.keycodes, "the key")
    fingers.tap("Tab")
    fingers.write("!\n")
    maria.hears(NICK, "the usual place at eight!")


def test_what_the_other_says_changes_what_is_suggested(
    client: ChatClient, maria: Chatter, fingers: Fingers, desktop: Desktop, tmp_path: Path
) -> None:
    client.enter(fingers)
    with answering() as (address, asked), started(desktop, tmp_path, QUICKTYPE_SOCKET=str(address)):
        person = Person(client.app, "", 0, fingers)
        for word in ("thursday", "thanksgiving"):
            maria.says(f"is it {word} that you mean?")
            asked.wait_for_message(f"is it {word} that you mean?")
            fingers.write("th", every=0.05)
            person.sees_ghost()
            fingers.tap("Tab")
            person.sees_nothing()
            fingers.write("\n")
            maria.hears(NICK, word)
    newest = asked.requests[-1]
    assert newest.speaker == client.me
    assert {turn.speaker for turn in newest.conversation.turns} == {"maria", client.me}


def in_the_room(suggester: Suggester) -> None:
    """Waits until the field of the room is read, and empty."""

    def there() -> bool:
        found = suggester.field
        return bool(found and found.draft and not found.draft.text and found.editable)

    wait_for(there, "the field of the room")


@dataclass
class Repeater:
    """Goes on with a word of what the other side said last; remembers what it was asked."""

    requests: list[CompletionRequest] = field(default_factory=list)
    prepared: list[Conversation] = field(default_factory=list)

    def complete(
        self,
        request: CompletionRequest,
        on_candidates: Callable[[list[Candidate]], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Completion:
        """The rest of the first word of theirs that begins as the draft ends."""
        self.requests.append(request)
        theirs = [t.text for t in request.conversation.turns if t.speaker != request.speaker]
        begun = request.draft.before.split(" ")[-1]
        words = [word for word in " ".join(theirs[-1:]).split() if begun and word != begun]
        rest = next((word[len(begun) :] for word in words if word.startswith(begun)), "")
        found = (Candidate((Word(rest, 0.9),)),) if rest else ()
        return Completion(found, None, Reason.COMPLETE, Timing())

    def prepare(
        self,
        conversation: Conversation,
        speaker: str,
        cancelled: Callable[[], bool] | None = None,
    ) -> object:
        """Remembers it."""
        self.prepared.append(conversation)
        return None

    def wait_for_message(self, text: str) -> None:
        """Wait until this has come in; what was sent just before may come to stand behind it."""

        def newest() -> list[str]:
            return [turn.text for talk in self.prepared[-1:] for turn in talk.turns[-2:]]

        try:
            wait_for(lambda: text in newest(), text)
        except AssertionError:
            assert text in newest()
            raise


@contextmanager
def answering() -> Iterator[tuple[Path, Repeater]]:
    """A daemon that repeats; its socket, and what it was asked."""
    with tempfile.TemporaryDirectory(prefix="qt-") as folder:
        path, repeater, ready = Path(folder) / "daemon.sock", Repeater(), threading.Event()
        model = ModelInfo("repeater", 1, 1024, "chat")
        thread = threading.Thread(
            target=serve, args=(path, lambda: Loaded(repeater, model), lambda _: ready.set())
        )
        thread.start()
        assert ready.wait(20)
        try:
            yield path, repeater
        finally:
            with suppress(OSError), Peer(path) as peer:
                peer.say("shutdown")
                peer.rest()
            thread.join()
