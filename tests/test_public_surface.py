"""What scripts and tools rely on: hints that resolve, and sentences for wrong types."""

from __future__ import annotations

import importlib
import inspect
import typing

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import insilico_gui as ig

MODULES = (
    "insilico_gui",
    "insilico_gui.analysis",
    "insilico_gui.stimuli",
    "insilico_gui.session",
    "insilico_gui.twin",
    "insilico_gui.streaming",
    "insilico_gui.errors",
)


def public():
    for module in MODULES:
        found = importlib.import_module(module)
        for name in getattr(found, "__all__", dir(found)):
            value = getattr(found, name)
            if name.startswith("_") or inspect.ismodule(value):
                continue
            if inspect.isfunction(value) or inspect.isclass(value):
                yield pytest.param(value, id=f"{module}.{name}")


@pytest.mark.parametrize("value", list(public()))
def test_type_hints_resolve(value):
    """As :func:`typing.get_type_hints` does for notebooks, magicgui and typer."""
    typing.get_type_hints(value)
    if inspect.isclass(value):
        for name, member in vars(value).items():
            if inspect.isfunction(member) and not name.startswith("__"):
                typing.get_type_hints(member)


WRONG = {
    "an array": np.zeros((5, 3), np.float32),
    "text": "demo",
    "None": None,
    "a table": pd.DataFrame({"a": [1.0, 2.0]}),
    "a dataset": xr.Dataset({"a": ("unit", [1.0, 2.0])}),
    "a bare DataArray": xr.DataArray(np.zeros((5, 3), np.float32)),
    "a number": 7,
}
TAKE_RESPONSES = [
    name
    for name in ig.analysis.__all__
    if inspect.isfunction(function := getattr(ig.analysis, name))
    and next(iter(inspect.signature(function).parameters)) in ("responses", "first")
]


def refuses(function, *arguments):
    with pytest.raises(ig.InsilicoError) as error:
        function(*arguments)
    said = str(error.value)
    assert "\n" not in said and len(said) < 500
    return said


def fill(function, first):
    """Arguments for a function whose first is wrong and whose others are plausible."""
    needed = [
        p
        for p in inspect.signature(function).parameters.values()
        if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD
    ]
    others = {"stimulus": ig.stimuli.gaussian_dots(), "parameter": "direction"}
    return [first, *(others.get(p.name, "direction") for p in needed[1:])]


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("name", TAKE_RESPONSES)
def test_analyses_refuse_what_is_no_response(name, wrong):
    function = getattr(ig.analysis, name)
    if function is ig.analysis.sequence_parts and wrong == "a bare DataArray":
        assert not function(WRONG[wrong])  # no sequence was shown
        return
    refuses(function, *fill(function, WRONG[wrong]))


@pytest.mark.parametrize("wrong", sorted({*WRONG} - {"a bare DataArray"}))
def test_sessions_responses_and_stimuli_are_asked_for_by_name(wrong, leaky, tmp_path):
    value = WRONG[wrong]
    frames = np.zeros((3, *leaky.frame_shape), np.uint8)
    refuses(ig.encode, value, frames)
    refuses(ig.select, value)
    refuses(ig.export, value, tmp_path / "o.npz")
    if wrong not in ("an array", "text"):
        refuses(ig.encode, leaky, value)
        refuses(ig.open_stimulus, value)
        refuses(ig.open_images, value)
    if wrong != "text":
        refuses(ig.open_session, value)
        refuses(ig.load_responses, value)
    assert not list(tmp_path.iterdir())
