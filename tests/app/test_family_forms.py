"""Forms of the parametric families: as they open, they make the family's defaults."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
from magicgui import magicgui
from PIL import Image

from insilico_gui.app.stimulus_form import OPTIONS
from insilico_gui.stimuli.families import FAMILIES


@pytest.mark.parametrize("family", list(FAMILIES))
def test_a_form_makes_the_defaults(family, qapp, tmp_path, monkeypatch):
    Image.fromarray(np.zeros((9, 16), np.uint8)).save(tmp_path / "image.png")
    monkeypatch.chdir(tmp_path)  # natural images are looked for here
    function = FAMILIES[family]
    names = inspect.signature(function).parameters
    options = {name: o for name, o in OPTIONS.items() if name in names}
    values = magicgui(function, call_button=False, **options).asdict()
    # The trials, because a form shows numbers with two decimals
    assert function(**values).trials.equals(function().trials)
