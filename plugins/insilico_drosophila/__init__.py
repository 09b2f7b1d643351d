"""A whole brain of a fruit fly: spiking neurons wired by the FlyWire connectome.

>>> from insilico_drosophila import make_synthetic_fly, open_fly
>>> fly = open_fly(make_synthetic_fly("fly"))  # doctest: +SKIP
>>> run = fly.run(n_steps=600, frame=5)  # doctest: +SKIP
>>> run["neuropil_hz"]  # doctest: +SKIP

Leaky integrate-and-fire neurons with the weights of the connectome, a trained low-rank
addition to them, and a trained input layer (BrainTrace's fit of whole-brain calcium
activity), plus a small recurrent network that predicts the next frame.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from insilico_drosophila.fly import Fly
    from insilico_drosophila.opening import open_fly
    from insilico_drosophila.synthetic import make_synthetic_fly

__all__ = ["Fly", "make_synthetic_fly", "open_fly"]


def __getattr__(name: str) -> Any:
    """What is imported at its first use, since it imports torch or scipy."""
    if name == "make_synthetic_fly":
        from insilico_drosophila.synthetic import make_synthetic_fly

        return make_synthetic_fly
    if name == "Fly":
        from insilico_drosophila.fly import Fly

        return Fly
    if name == "open_fly":
        from insilico_drosophila.opening import open_fly

        return open_fly
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
