"""Options of every command, and numbers that commands write."""

from __future__ import annotations

import numpy as np
import pandas as pd
import typer

from insilico_gui.cli import app


def options():
    """Names and defaults of the parameters of every command, and its help."""
    group = typer.main.get_command(app)
    found = {"insilico-gui": _described(group)}
    for name, command in sorted(group.commands.items()):
        found[name] = _described(command)
    return found


def _described(command):
    return {
        "help": " ".join((command.help or "").split()),
        "parameters": [
            {
                "name": parameter.name,
                "options": [*parameter.opts, *parameter.secondary_opts],
                "required": parameter.required,
                "multiple": parameter.multiple,
                "default": repr(parameter.default),
                "help": " ".join((getattr(parameter, "help", None) or "").split()),
            }
            for parameter in command.params
        ],
    }


def table(path):
    """Every 60th row of a CSV of units: numbers and texts by column."""
    read = pd.read_csv(path, comment="#").iloc[::60]
    return {
        str(name): column.to_numpy(float)
        if column.dtype.kind in "fi"
        else column.astype(str).to_numpy().astype(np.str_)
        for name, column in read.items()
    }


RUN = {
    "tuning": ["tuning", "demo", "--directions", "4", "--area", "LM"],
    "receptive-fields": ["receptive-fields", "demo", "--area", "LM"],
    "sparseness": ["sparseness", "demo", "--area", "LM"],
    "retinotopy known": ["retinotopy", "demo", "--known"],
}
"""Commands that end in ``-o FILE.csv``."""
