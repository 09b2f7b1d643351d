"""What to write at axes: names and units of parameters."""

from __future__ import annotations

from insilico_gui.units.columns import parameter_facts


def parameter_label(parameter: str, *, short: bool = False) -> str:
    """A parameter of trials with its unit; `short` for low plots."""
    label = parameter_facts(parameter).label
    if short:
        label = label.replace("frequency", "freq.").replace("cycles", "cyc")
    return label
