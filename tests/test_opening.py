"""Opening sessions: what may go wrong in a twin."""

from __future__ import annotations

import pytest
import torch

import insilico_gui as ig
from insilico_gui.errors import SessionError


class Greedy:
    """A twin whose sessions cannot be loaded, for a reason."""

    def __init__(self, reason: Exception):
        self.reason = reason

    def open(self, session_id, directory, device):
        raise self.reason


@pytest.mark.parametrize(
    "reason", [torch.OutOfMemoryError("CUDA out of memory."), MemoryError()]
)
def test_a_session_that_does_not_fit_is_told(reason, monkeypatch):
    monkeypatch.setattr("insilico_gui.opening.twins", lambda: {"big": Greedy(reason)})
    with pytest.raises(
        SessionError, match=r"big/one does not fit into the memory .*cpu"
    ):
        ig.open_session("big/one", device="cpu")


def test_other_errors_are_one_sentence_with_their_cause(monkeypatch):
    greedy = Greedy(ZeroDivisionError())
    monkeypatch.setattr("insilico_gui.opening.twins", lambda: {"big": greedy})
    with pytest.raises(SessionError, match="big/one cannot be opened") as caught:
        ig.open_session("big/one")
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
