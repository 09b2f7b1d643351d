from __future__ import annotations

import pytest
from support.relay import Relay

import insilico_gui as ig
from insilico_gui import opening
from insilico_gui.experiment import inputs, live


@pytest.fixture
def relay(monkeypatch):
    """``"relay"`` can be opened like a session of an installed twin."""
    real = opening.open_session

    def open_session(name, *arguments, **options):
        return Relay() if name == "relay" else real(name, *arguments, **options)

    for module in (opening, inputs, live, ig):
        monkeypatch.setattr(module, "open_session", open_session)
