"""The ghost's place is the caret's."""

from __future__ import annotations

import pytest

from tests.desktop.harness.keyboard import Fingers
from tests.desktop.harness.story import Story
from tests.desktop.harness.suggester import Suggester
from tests.desktop.test_accepting import FIELDS
from ui.platform.interface import Placement
from ui.x11.platform import X11Platform


def test_in_qt_it_is_where_qt_paints_the_caret(
    qt_chat: object, request: pytest.FixtureRequest, fingers: Fingers, suggester: Suggester,
    platform: X11Platform,
) -> None:  # fmt: skip
    story = Story(request.getfixturevalue("qt_chat"), "line", 0, fingers, suggester, platform)
    story.begin()
    for text in ("Mmm", " will it fit?"):
        story.type(text)
    story.sees("Mmm will it fit?")
    assert suggester.field is not None
    place = platform.place(suggester.field)
    assert place is not None
    assert abs(place.x - int(story.app.told.last("caret"))) <= 2


@pytest.mark.parametrize("field", FIELDS)
def test_it_is_within_the_field_and_moves_along(
    field: str, request: pytest.FixtureRequest, fingers: Fingers, suggester: Suggester,
    platform: X11Platform,
) -> None:  # fmt: skip
    app, name, index = FIELDS[field]
    story = Story(request.getfixturevalue(app), name, index, fingers, suggester, platform)
    story.begin()
    places: list[Placement] = []
    for text in ("M", "MMMM"):
        story.type(text)
        story.sees(("M" + text)[-len(text) - len(places) :])
        found = suggester.field
        assert found is not None
        assert found.box is not None
        place = platform.place(found)
        assert place is not None
        assert not place.below
        assert found.box.x <= place.x <= found.box.x + found.box.width
        assert found.box.y - 4 <= place.y <= found.box.y + found.box.height - place.height + 4
        assert 12 <= place.height <= 30
        places.append(place)
    assert places[1].x - places[0].x >= 24
    assert places[1].y == places[0].y
