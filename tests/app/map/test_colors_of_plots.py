"""Plots with matplotlib have the colours of the window."""

from __future__ import annotations

import numpy as np
import pytest

from insilico_gui.app.widgets import colors
from insilico_gui.drawing.colors import CYCLIC, DIVERGING, OVER_FRAMES, SEQUENTIAL, hues
from insilico_gui.plot.figures import category_colormap, colormap


@pytest.mark.parametrize("name", [CYCLIC, DIVERGING, OVER_FRAMES, SEQUENTIAL, "turbo"])
def test_colour_maps_are_those_of_the_window(name):
    window = colors.lookup_table(name)
    np.testing.assert_allclose(colormap(name)(np.arange(256)), window, atol=2e-3)


@pytest.mark.parametrize("n", [1, 4, 8, 11])
def test_categories_have_the_colours_of_the_window(n):
    made = category_colormap(n)(np.arange(n))
    table = colors.categorical_table(n)
    values = np.arange(n, dtype=float)
    np.testing.assert_array_equal(
        made, colors.map_values(values, table, (-0.5, n - 0.5))
    )


def test_hues_are_those_of_the_cyclic_map():
    found = hues(np.linspace(0, 1, 256))
    window = colors.lookup_table(CYCLIC)[:, :3]
    np.testing.assert_allclose(found, window, atol=0.02)
