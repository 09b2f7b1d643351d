"""The cheap way of recolouring draws what the public way draws, pixel for pixel."""

from __future__ import annotations

import numpy as np
import pytest

from insilico_gui.app.map.recolor import Recolorer


@pytest.fixture
def scene(make_napari_viewer):
    viewer = make_napari_viewer(show=True)
    viewer.window._qt_window.resize(700, 500)
    rng = np.random.default_rng(3)
    viewer.add_image(rng.integers(0, 255, (10, 1, 40, 60), np.uint8), name="film")
    layer = viewer.add_points(
        np.c_[np.zeros(200), rng.uniform(0, 39, 200), rng.uniform(0, 59, 200)],
        size=1.5,
        border_width=0,
    )
    layer.shown = rng.random(200) < 0.9
    return viewer, layer, rng


def picture(viewer):
    return viewer.screenshot(canvas_only=True, flash=False)


@pytest.mark.parametrize("ndisplay", [2, 3])
def test_equal_to_the_public_way(scene, ndisplay):
    viewer, layer, rng = scene
    viewer.dims.ndisplay = ndisplay
    viewer.dims.set_current_step(0, 0)
    picture(viewer)  # drawn once
    recolorer = Recolorer(viewer, layer)
    first, second = rng.random((2, 200, 4)).astype(np.float32)
    recolorer.set_colors(first)
    recolorer.set_colors(second)
    fast = picture(viewer)
    assert recolorer.fast
    layer.refresh()
    viewer.dims.set_current_step(0, 4)
    viewer.dims.set_current_step(0, 0)
    np.testing.assert_array_equal(picture(viewer), fast)
    layer.face_color = first
    assert (picture(viewer) != fast).any()
    layer.face_color = second
    np.testing.assert_array_equal(picture(viewer), fast)


def test_falls_back_when_private_names_are_gone(scene):
    viewer, layer, rng = scene
    colors = rng.random((200, 4)).astype(np.float32)
    recolorer = Recolorer(viewer, layer)

    class Elsewhere:
        window = None

    recolorer._viewer = Elsewhere()
    recolorer.set_colors(colors)
    assert not recolorer.fast
    np.testing.assert_allclose(layer.face_color, colors)
