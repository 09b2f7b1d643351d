"""The network of Wang et al. 2025 made fast; same numbers as the plain modules.

:class:`~insilico_wang2025.network.Network` says what is computed;
:class:`Engine` computes it.
"""

from __future__ import annotations

from insilico_wang2025.engine.engine import Engine
from insilico_wang2025.engine.plain import engine_of
from insilico_wang2025.engine.state import EngineState

__all__ = ["Engine", "EngineState", "engine_of"]
