"""The interface of BERG and NEST, for scripts written for them; imports no torch."""

from __future__ import annotations

from insilico_berg.api.berg import BERG

__all__ = ["BERG"]
