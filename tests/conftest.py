"""Settings for all tests."""

from __future__ import annotations

from hypothesis import settings

# How long an example takes says more about the machine's load than about our code.
settings.register_profile("quicktype", deadline=None)
settings.load_profile("quicktype")
