"""What is said arrives as it was meant, and what is no message is refused in one way only."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quicktype import protocol
from quicktype.conversation import Conversation
from quicktype.draft import Draft
from quicktype.protocol import ClientMessage, Code, ProtocolError, ServerMessage
from tests.quicktype.protocol.messages import client_messages, ids, server_messages

CANARY = "correct-horse-battery"
COMPLETE: dict[str, Any] = {
    "type": "complete",
    "id": 7,
    "conversation": [{"speaker": "Ana", "text": "hi"}],
    "speaker": "Ben",
    "draft": {"before": "he", "after": ""},
}
TYPES = (
    "hello", "complete", "observe", "cancel", "feedback", "learn", "forget", "prepare",
    "status", "reload", "shutdown",
)  # fmt: skip
FIELDS = (
    "id", "speaker", "draft", "conversation", "conversation_id", "limits", "gate", "turns",
    "event", "text", "all", "app", "partner", "protocol", "client",
)  # fmt: skip
INNER_FIELDS = (
    "before",
    "after",
    "speaker",
    "text",
    "words",
    "candidates",
    "deadline_ms",
    "threshold",
)

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(INNER_FIELDS), inner, max_size=3)
    ),
    max_leaves=6,
)


def refused(line: bytes) -> ProtocolError:
    with pytest.raises(ProtocolError) as caught:
        protocol.decode_client(line)
    return caught.value


def refused_object(**fields: Any) -> ProtocolError:
    return refused(json.dumps(fields).encode())


@given(message=client_messages)
def test_what_a_client_says_arrives(message: ClientMessage) -> None:
    line = protocol.encode(message)
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert protocol.decode_client(line[:-1]) == message


@given(message=server_messages)
def test_what_the_daemon_says_arrives(message: ServerMessage) -> None:
    line = protocol.encode(message)
    assert line.count(b"\n") == 1
    assert protocol.decode_server(line[:-1]) == message


def test_a_request_needs_little() -> None:
    message = protocol.decode_client(json.dumps(COMPLETE).encode())
    assert isinstance(message, protocol.Complete)
    assert message.draft == Draft("he", "")
    assert message.limits == protocol.Limits(candidates=3, words=8, deadline_ms=None)
    assert message.gate
    assert message.app is None


def test_a_learned_message_may_stand_alone() -> None:
    message = protocol.decode_client(b'{"type":"learn","text":"hi","speaker":"Ana"}')
    assert message == protocol.Learn("hi", "Ana", Conversation())


@given(message=client_messages, name=st.text(min_size=1).map(lambda text: f"x-{text}"))
def test_fields_that_are_not_known_are_ignored(message: ClientMessage, name: str) -> None:
    more = message.to_json() | {name: [1, {"2": None}]}
    assert protocol.decode_client(json.dumps(more).encode()) == message


class TestRefusals:
    @given(line=st.binary(max_size=200))
    def test_bytes_are_refused(self, line: bytes) -> None:
        assert refused(line).code is Code.BAD_REQUEST

    @given(kind=st.sampled_from(TYPES), fields=st.dictionaries(st.sampled_from(FIELDS), values))
    def test_objects_are_a_message_or_refused(self, kind: str, fields: dict[str, Any]) -> None:
        codes = {Code.BAD_REQUEST}
        try:
            protocol.decode_client(json.dumps(fields | {"type": kind}).encode())
        except ProtocolError as error:
            codes.add(error.code)
        assert codes == {Code.BAD_REQUEST}

    @given(line=st.binary(max_size=200))
    def test_a_client_too_refuses_what_is_no_message(self, line: bytes) -> None:
        with pytest.raises(ProtocolError):
            protocol.decode_server(line)

    def test_they_name_the_request(self) -> None:
        for name in (7, "seven", 0, "", 10**100):
            error = refused_object(**(COMPLETE | {"id": name, "draft": {"before": 3}}))
            assert error.id == name
            assert error.code is Code.BAD_REQUEST

    @given(name=ids)
    def test_also_when_the_type_is_not_known(self, name: int | str) -> None:
        error = refused_object(type="divine", id=name)
        assert error.code is Code.UNSUPPORTED
        assert error.id == name

    @pytest.mark.parametrize("name", [True, 1.5, [], {}, "x" * 1025, "\ud800"])
    def test_an_id_is_an_integer_or_a_short_text(self, name: object) -> None:
        error = refused_object(**(COMPLETE | {"id": name}))
        assert "id" in str(error)
        assert error.id is None

    @pytest.mark.parametrize("kind", ["complete", "cancel"])
    def test_what_is_answered_or_cancelled_needs_an_id(self, kind: str) -> None:
        fields = {name: value for name, value in COMPLETE.items() if name != "id"}
        assert "id is missing" in str(refused_object(**(fields | {"type": kind})))

    @pytest.mark.parametrize(
        "limits",
        [
            {"candidates": 0},
            {"candidates": 9},
            {"candidates": True},
            {"candidates": 2.0},
            {"words": 0},
            {"words": 17},
            {"words": "8"},
            {"deadline_ms": -1},
            {"threshold": "high"},
            {"threshold": -0.1},
            {"deadline_ms": "10"},
            {"deadline_ms": False},
            {"deadline_ms": 10**400},
        ],
    )
    def test_limits_have_limits(self, limits: dict[str, object]) -> None:
        error = refused_object(**(COMPLETE | {"limits": limits}))
        assert next(iter(limits)) in str(error)
        assert error.id == 7

    @pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "9" * 5000])
    def test_numbers_are_finite(self, number: str) -> None:
        whole = json.dumps(COMPLETE | {"limits": {"deadline_ms": 0}})
        refused(whole.replace('"deadline_ms": 0', f'"deadline_ms": {number}').encode())

    @pytest.mark.parametrize("half", ["\ud800", "a\udc00b"])
    def test_half_a_surrogate_pair_is_no_text(self, half: str) -> None:
        for field in ({"speaker": half}, {"draft": {"before": half}}, {"app": half}):
            assert "surrogate" in str(refused_object(**(COMPLETE | field)))

    def test_both_halves_are_a_character(self) -> None:
        line = json.dumps(COMPLETE | {"draft": {"before": "\U0001f600"}}).encode()
        assert b"\\ud83d\\ude00" in line
        message = protocol.decode_client(line)
        assert isinstance(message, protocol.Complete)
        assert message.draft.before == "\U0001f600"

    @pytest.mark.parametrize("opening", ["[", '{"a":', '{"type":"complete","draft":[' + "[" * 9])
    def test_nesting_has_an_end(self, opening: str) -> None:
        assert refused(opening.encode() * 200_000).code is Code.BAD_REQUEST

    @pytest.mark.parametrize("line", [b"[]", b"1", b"null", b'"complete"', b"true"])
    def test_a_line_is_an_object(self, line: bytes) -> None:
        assert "object" in str(refused(line))

    @pytest.mark.parametrize("fields", [{}, {"text": "a", "app": "b"}, {"all": False}, {"all": 1}])
    def test_forgetting_is_about_one_thing(self, fields: dict[str, object]) -> None:
        refused_object(type="forget", **fields)

    def test_a_completion_needs_a_conversation_or_its_name(self) -> None:
        error = refused_object(**(COMPLETE | {"conversation": None}))
        assert "conversation" in str(error)

    @pytest.mark.parametrize(
        "line",
        [
            CANARY.encode(),
            b'{"' + CANARY.encode(),
            b'{"type":"complete","draft":"' + CANARY.encode() + b"\xff",
            json.dumps({"type": CANARY}).encode(),
            json.dumps({"type": "complete", "id": [CANARY]}).encode(),
            json.dumps({"type": "complete", "id": CANARY * 60}).encode(),
            json.dumps(COMPLETE | {"draft": CANARY}).encode(),
            json.dumps(COMPLETE | {"draft": {"before": CANARY + "\ud800"}}).encode(),
            json.dumps(COMPLETE | {"conversation": [CANARY]}).encode(),
            json.dumps(COMPLETE | {"limits": {"words": CANARY}}).encode(),
            json.dumps({"type": "feedback", "event": CANARY}).encode(),
            json.dumps({"type": "forget", CANARY: True}).encode(),
        ],
    )
    def test_they_do_not_repeat_what_was_typed(self, line: bytes) -> None:
        error = refused(line)
        assert CANARY not in str(error)
        assert error.__cause__ is None


@pytest.mark.parametrize(
    "words",
    [[], [{"text": "a b", "confidence": 0.5}], [{"text": "a", "confidence": 2}], [{"text": "a"}]],
)
def test_a_daemon_that_breaks_the_rules_of_candidates_is_not_believed(words: object) -> None:
    line = json.dumps({"type": "suggestions", "id": 1, "candidates": [{"words": words}]})
    with pytest.raises(ProtocolError):
        protocol.decode_server(line.encode())
