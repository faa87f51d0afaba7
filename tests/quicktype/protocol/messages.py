"""Every message that can be sent, for properties to draw from."""

from __future__ import annotations

from hypothesis import strategies as st

from quicktype import protocol
from quicktype.conversation import Conversation, Turn
from quicktype.draft import Draft
from quicktype.protocol.client_messages import EVENTS
from quicktype.suggestion import Candidate, Word, split_words

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
ids = st.integers(-(10**40), 10**40) | texts
some_id = st.none() | ids
names = st.none() | texts
milliseconds = st.floats(0, 1e12)
counts = st.integers(0, 1 << 31)
conversations = st.builds(
    Conversation, st.lists(st.builds(Turn, texts, texts), max_size=4).map(tuple)
)
drafts = st.builds(Draft, texts, texts)
limits = st.builds(
    protocol.Limits,
    st.integers(1, 8),
    st.integers(1, 16),
    st.none() | milliseconds,
    st.none() | st.floats(0, 1),
)

completes = st.builds(
    protocol.Complete,
    id=ids,
    speaker=texts,
    draft=drafts,
    conversation=conversations,
    conversation_id=names,
    app=names,
    partner=names,
    limits=limits,
    gate=st.booleans(),
) | st.builds(
    protocol.Complete, id=ids, speaker=texts, draft=drafts, conversation_id=texts, limits=limits
)

client_messages = st.one_of(
    completes,
    st.builds(protocol.Hello, counts, texts),
    st.builds(protocol.Observe, texts, conversations, names, names, some_id, names),
    st.builds(protocol.Cancel, ids),
    st.builds(protocol.Feedback, st.sampled_from(EVENTS), texts, some_id),
    st.builds(protocol.Learn, texts, texts, conversations, names, names, some_id),
    st.builds(protocol.Forget, st.sampled_from(["text", "partner", "app"]), texts, some_id),
    st.builds(protocol.Forget, st.just("all"), st.just(""), some_id),
    st.builds(protocol.Prepare, texts, conversations, names, some_id),
    st.builds(protocol.Prepare, texts, st.none(), texts, some_id),
    st.builds(protocol.Status, some_id),
    st.builds(protocol.Reload, some_id),
    st.builds(protocol.Shutdown, some_id),
)


@st.composite
def candidates(draw: st.DrawFn) -> Candidate:
    words = split_words(draw(texts.filter(bool)))
    size = len(words)
    sure = draw(st.lists(st.floats(0, 1), min_size=size, max_size=size))
    return Candidate(tuple(map(Word, words, sorted(sure, reverse=True))))


some_candidates = st.lists(candidates(), max_size=3).map(tuple)
timings = st.builds(protocol.Timing, *([milliseconds] * 4), *([counts] * 3))

server_messages = st.one_of(
    st.builds(
        protocol.Welcome,
        counts,
        texts,
        st.builds(protocol.ModelInfo, texts, counts, counts, texts),
    ),
    st.builds(protocol.Suggestions, ids, some_candidates),
    st.builds(protocol.Done, ids, texts, names, some_candidates, timings),
    st.builds(protocol.Ok, some_id),
    st.builds(protocol.Error, texts, texts, some_id),
    st.builds(
        protocol.StatusReport,
        pid=counts,
        model=texts,
        uptime_s=milliseconds,
        requests=counts,
        latency_ms=st.builds(protocol.Latency, milliseconds, milliseconds, milliseconds),
        memory_mb=milliseconds,
        learning=st.booleans(),
        id=some_id,
    ),
)
