"""Trees of accessible objects as real apps gave them, cut down to what matters."""

from __future__ import annotations

from ui.platform.interface import Rect
from ui.platform.roles import EMBEDDED, RoleNumber
from ui.platform.transcript import Node

R = RoleNumber
FILLER = 20
Box = tuple[int, int, int, int]


def node(role: int, box: Box, text: str = "", *children: Node) -> Node:
    """One object."""
    return Node(None, role, Rect(*box), text, list(children))


def srain() -> Node:
    """GTK 3: bubbles in a list box, chats to the left, people to the right."""

    def bubble(y: int, x: int, width: int, *texts: str) -> Node:
        labels = [node(R.LABEL, (x, y + 20 * i, width, 17), t) for i, t in enumerate(texts)]
        return node(
            R.LIST_ITEM, (417, y, 598, 56), "", node(FILLER, (427, y, 588, 56), "", *labels)
        )

    chats = node(
        R.LIST_ITEM, (116, 134, 300, 64), "",
        node(R.LABEL, (150, 146, 58, 17), "#dinner"),
        node(R.LABEL, (128, 169, 215, 17), "maria: or bread: what is better?"),
    )  # fmt: skip
    people = [
        node(R.TABLE_CELL, (1034, 157, 134, 21), "maria"),
        node(R.TABLE_CELL, (1034, 180, 134, 21), "ann"),
    ]
    messages = [
        bubble(135, 598, 235, "Connected to local(127.0.0.1:46445)"),
        bubble(168, 625, 182, "You have joined the channel"),
        bubble(201, 433, 170, "maria", "are we still on for friday?", "10:10"),
        bubble(240, 433, 132, "I can bring the salad", "10:10"),
        bubble(284, 846, 155, "the usual place at eight", "10:10"),
        bubble(336, 433, 159, "maria", "or bread: what is better?", "10:10"),
    ]
    return node(
        R.FRAME, (115, 75, 1052, 675), "",
        node(R.LABEL, (743, 105, 60, 17), "#dinner"),
        node(R.LIST_BOX, (116, 134, 300, 611), "", chats),
        node(R.LIST_BOX, (417, 135, 598, 575), "", *messages),
        node(R.LABEL, (1018, 136, 146, 17), "Users: 2, 1@,0%,0+"),
        node(R.TABLE, (1016, 156, 150, 554), "", *people),
    )  # fmt: skip


SRAIN_FIELD = Rect(417, 711, 678, 34)

KONVERSATION_LOG = """\
[Saturday, 21 November 2026] [10:00:39 UTC]|Join| You (~ann@127.0.0.1) have joined the channel.
[Saturday, 21 November 2026] [10:00:45 UTC]|Mode| Channel modes:
[10:01] --> You (~ann@127.0.0.1) have joined the channel #dinner.
[10:01] *** This channel was created on 21 Nov 2026 09:57:55.
[10:01] <ann> sure
[10:01] <@maria> I can bring the salad
[10:01] * maria waves
[10:01] <maria> or bread: what is better?"""


def konversation(log: str = KONVERSATION_LOG) -> Node:
    """Qt 5: the log is one label, one's own name a combo box, and people stand in a tree."""
    return node(
        R.FRAME, (320, 179, 640, 480), "",
        node(R.LABEL, (469, 228, 348, 376), log),
        node(
            R.TREE, (821, 228, 139, 376), "",
            node(R.TABLE_CELL, (822, 229, 137, 19), "ann"),
            node(R.TABLE_CELL, (822, 248, 137, 19), "maria"),
        ),
        node(R.COMBO_BOX, (469, 611, 61, 25), "ann"),
        node(R.LABEL, (322, 640, 401, 17), "Ready"),
    )  # fmt: skip


KONVERSATION_FIELD = Rect(536, 610, 424, 27)


def chromium() -> Node:
    """A web chat; each run of text is an object, and the text of the message around them has it."""

    def message(y: int, whole: str, *runs: str) -> Node:
        pieces = [node(R.STATIC, (208, y, 50, 19), run) for run in runs]
        return node(R.ARTICLE, (202, y, 702, 31), whole, *pieces)

    return node(
        R.DOCUMENT_WEB, (24, 243, 892, 413), EMBEDDED * 2,
        node(
            R.LIST, (32, 266, 150, 36), "",
            node(R.LIST_ITEM, (72, 266, 110, 18), "", node(R.LINK, (72, 266, 42, 18), "Maria")),
        ),
        node(R.HEADING, (190, 261, 726, 27), "Maria"),
        node(
            R.LOG, (190, 306, 726, 227), EMBEDDED * 3,
            message(318, f"Maria are we on? {EMBEDDED}", "Maria", " ", "are we on?", " ", "10:01"),
            message(352, f"You yes {EMBEDDED}", "You", " ", "yes", " ", "10:02"),
            message(
                386, f"Maria for {EMBEDDED} or seven? {EMBEDDED}",
                "Maria", " ", "for ", "six", " or seven?", " ", "10:05",
            ),
        ),
    )  # fmt: skip


def firefox() -> Node:
    """The same page: only what is more than plain text is an object of its own."""

    def message(y: int, whole: str, *inner: str) -> Node:
        pieces = [node(R.STATIC, (428, y, 43, 18), text) for text in inner]
        return node(R.ARTICLE, (178, y, 1090, 30), whole, *pieces)

    return node(
        R.DOCUMENT_WEB, (0, 104, 1280, 696), EMBEDDED * 2,
        node(R.HEADING, (166, 123, 1114, 27), "Maria"),
        node(
            R.SECTION, (166, 168, 1114, 503), EMBEDDED * 3,
            message(180, f"Maria are we on? {EMBEDDED}", "10:01"),
            message(214, f"You yes {EMBEDDED}", "10:02"),
            message(248, f"Maria for {EMBEDDED} or seven? {EMBEDDED}", "six", "10:05"),
        ),
    )  # fmt: skip


CHROMIUM_FIELD = Rect(190, 533, 726, 54)
FIREFOX_FIELD = Rect(166, 671, 1114, 54)


def slack_like() -> Node:
    """A list whose senders are buttons, and whose messages bring more buttons behind."""

    def message(y: int, sender: str, text: str) -> Node:
        return node(
            R.LIST_ITEM, (200, y, 700, 40), "",
            node(R.PUSH_BUTTON, (200, y, 60, 18), sender),
            node(R.LINK, (270, y, 40, 18), "10:30 AM"),
            node(R.SECTION, (200, y + 20, 600, 18), text),
            node(R.PUSH_BUTTON, (860, y, 20, 18), "Reply"),
        )  # fmt: skip

    rows = [
        message(100, "Maria", "lunch?"),
        message(150, "Ann", "sure"),
        message(200, "Maria", "at one?"),
    ]
    return node(
        R.DOCUMENT_WEB, (0, 0, 1000, 700), "", node(R.LIST, (200, 100, 700, 500), "", *rows)
    )


SLACK_FIELD = Rect(200, 620, 700, 40)
