"""The base of all parts of the network."""

from __future__ import annotations

from torch import nn


class Module(nn.Module):
    """A torch module whose parts can be asked for by name, as in the published code."""

    def module(self, name: str) -> nn.Module:
        """A part of this module.

        Parameters
        ----------
        name : str
            Of an attribute, e.g. ``"readout"``, or of one inside it:
            ``"readout.feature"``.

        Raises
        ------
        AttributeError
            If there is no such part.
        """
        return self.get_submodule(name)
