"""A session that can compute in a reduced precision, and its twin."""

from __future__ import annotations

import numpy as np
from support.leaky import LeakySession

from insilico_gui.session import SessionInfo


class RoundedSession(LeakySession):
    """Leaky units whose responses have eight bits, as in bf16."""

    precision = "bf16"

    def __init__(self, **options):
        super().__init__(**options)
        self.exact = LeakySession(**options)

    def in_float32(self):
        return self.exact

    def advance(self, state, frames, behavior, units):
        responses, state = super().advance(state, frames, behavior, units)
        bits = responses.view(np.uint32) & np.uint32(0xFFFF0000)
        return bits.view(np.float32), state


class LeakyTwin:
    """Opens the one or the other; remembers whether it was asked to."""

    def __init__(self):
        self.opened = []

    def sessions(self, directory):
        return [SessionInfo("leaky", "Leaky units", 12)]

    def precisions(self, session_id, device):
        return ("float32", "bf16") if device == "cpu" else ("float32",)

    def open(self, session_id, directory, device, precision="float32"):
        self.opened.append(precision)
        return LeakySession() if precision == "float32" else RoundedSession()
