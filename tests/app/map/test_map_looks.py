"""What is seen on the map: quiet units, the order of drawing, names, outlines."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.in_window import use_session, use_stimulus
from support.leaky import LeakySession

from insilico_gui.analysis.fields.fitted_fields import ReceptiveFieldFit
from insilico_gui.app.map.backdrop import NAMES
from insilico_gui.app.map.field_sizes import drawn_sizes, field_sizes
from insilico_gui.app.map.outlines import (
    MAX_OUTLINES,
    RECEPTIVE_FIELDS,
    drawn_columns,
    outlines_note,
)
from insilico_gui.app.map.unit_looks import RIM, looks
from insilico_gui.experiment.analyses import Result
from insilico_gui.experiment.document import MapView, ViewState
from insilico_gui.experiment.encoded import Encoded
from insilico_gui.experiment.resolved import Resolved
from insilico_gui.stimuli import ArrayStimulus
from insilico_gui.stimuli.core.display import Display
from insilico_gui.units.selection import Selection

LIMIT_S = 120.0
SEEN = 25
"""Grey levels by which a pixel differs from what is behind, so that it is seen."""


def picture(window):
    """Grey levels of the canvas, float [rows, columns], and as it is, [.., 4]."""
    made = window.viewer.screenshot(canvas_only=True, flash=False)
    return made[..., :3].astype(float).mean(axis=2), made


def around(window, row, grey):
    """Pixels of a picture around a unit, with their distance in radii of its disc."""
    layer, camera = window.map.units_layer, window.viewer.scene.camera
    middle = np.array(grey.shape) / 2
    scale = grey.shape[0] / window.docks.canvas.height()
    zoom = camera.zoom * scale
    at = middle + (layer.data[row, -2:] - np.array(camera.center)[-2:]) * zoom
    y, x = np.mgrid[: grey.shape[0], : grey.shape[1]]
    return np.hypot(y - at[0], x - at[1]) / (layer.size[row] / 2 * zoom)


@pytest.mark.parametrize("n_units", [40, 10_000])
@pytest.mark.parametrize("level", [0, 255])
def test_quiet_units_are_seen_on_white_and_on_black(window, qtbot, level, n_units):
    session = LeakySession(n_units, (36, 64))
    if n_units > 40:
        rng = np.random.default_rng(3)
        session.units["rf_x"], session.units["rf_y"] = rng.uniform(-1, 1, (2, n_units))
    use_session(window, session)
    use_stimulus(window, ArrayStimulus(np.full((6, 36, 64), level, np.uint8), 10.0))
    window.encode()
    window.wait(LIMIT_S)
    window.experiment.look(limits=(1000.0, 2000.0))  # all are quiet
    qtbot.wait(100)
    grey, _ = picture(window)
    window.map.units_layer.visible = False
    behind, _ = picture(window)
    window.map.units_layer.visible = True
    seen = np.abs(grey - behind) > SEEN
    if n_units > 40:  # too many to look at one by one: those that stand alone enough
        assert seen.mean() > 0.05
        return
    for row in range(0, n_units, 7):
        inside = around(window, row, grey) < 1.2
        assert seen[inside].sum() >= 8, row
        if level == 255:  # and they are no blots
            assert grey[inside].mean() > 128, row


@pytest.mark.parametrize("first", [0, 1])
def test_strong_units_are_drawn_over_weak_ones(window, qtbot, first):
    session = LeakySession(12, (36, 64))
    for axis in ("x", "y"):
        session.units[axis] = [50.0, 50.0, *np.linspace(100, 900, 10)]
    session.units["value"] = 0.5
    session.units.loc[first, "value"] = 1.0
    session.units.loc[1 - first, "value"] = 0.0
    use_session(window, session)
    window.experiment.look(layout="anatomical", color_by="value", limits=(0.0, 1.0))
    qtbot.wait(100)
    strong = window.map.scale.table[255, :3] * 255
    grey, made = picture(window)
    middle = around(window, first, grey) < 0.5
    assert np.abs(np.median(made[middle][:, :3], axis=0) - strong).max() < 12
    # a unit that is selected is drawn over all
    window.experiment.pick(indices=[1 - first])
    qtbot.wait(50)
    weak = window.map.scale.table[0, :3] * 255
    grey, made = picture(window)
    middle = around(window, 1 - first, grey) < 0.5
    assert np.abs(np.median(made[middle][:, :3], axis=0) - weak).max() < 12


def luminance(color):
    """Relative luminance of red, green, blue in 0..1 (WCAG 2)."""
    parts = np.asarray(color[:3], float)
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_names_are_read_on_both_themes(window, qtbot, theme):
    use_session(window, LeakySession(40, (36, 64)))
    window.experiment.look(layout="list")
    window.viewer.theme = theme
    qtbot.wait(50)
    _, made = picture(window)
    behind = luminance(made[3, 3] / 255)
    written = luminance(np.ravel(window.viewer.layers[NAMES].text.color.constant))
    high, low = max(behind, written), min(behind, written)
    assert (high + 0.05) / (low + 0.05) >= 4.5


def resolved(n_units, n_selected, unit_id):
    """What is on show with fitted fields of all units, the last one fitted best."""
    session = LeakySession(n_units, (36, 64))
    some = np.ones(n_units)
    fit = ReceptiveFieldFit(
        Display(pixels=(36, 64)),
        amplitude=some,
        offset=0 * some,
        x0=20 * some,
        y0=10 * some,
        covariance=np.tile(np.eye(2), (n_units, 1, 1)),
        r2=np.linspace(0.5, 0.9, n_units),
        success=some.astype(bool),
    )
    every = np.arange(n_units)
    return Resolved(
        view=ViewState(outlines_min_r2=0.1, unit_id=unit_id),
        session=session,
        units=session.units,
        encoded=Encoded(None, every),
        selection=Selection(every[:n_selected]),
        results={RECEPTIVE_FIELDS: Result(None, None, every, fit)},
    )


def test_outlines_are_of_few_units_and_the_cut_is_told():
    now = resolved(80, MAX_OUTLINES, None)
    assert drawn_columns(now).tolist() == list(range(MAX_OUTLINES))
    assert outlines_note(now) == ""
    now = resolved(80, 80, 103)  # the second worst fitted one is looked at
    assert drawn_columns(now).tolist() == [1, *range(31, 80)]
    assert outlines_note(now) == "outlines: the 50 best fitted of 80"


def test_units_are_as_large_as_their_fields_where_that_is_wanted():
    now = resolved(6, 6, None)
    fit = now.results[RECEPTIVE_FIELDS].fit
    fit.covariance[2] = [[9.0, 0.0], [0.0, 4.0]]  # sigma of 3 and 2 pixels
    fit.success[4] = False
    sizes = field_sizes(now)
    assert sizes[0] == pytest.approx(2) and sizes[2] == pytest.approx(2 * np.sqrt(6))
    assert np.isnan(sizes[4]) and np.isfinite(np.delete(sizes, 4)).all()
    assert drawn_sizes(now, 9, 0.7) is None
    wanted = replace(now, view=ViewState(map=MapView(fields=True)))
    drawn = drawn_sizes(
        wanted, 9, 0.7
    )  # three units of other sessions, and one unknown
    np.testing.assert_allclose(drawn[[2, 4, 6, 8]], [2 * np.sqrt(6), 0.7, 0.7, 0.7])
    found = looks(9, np.array([1]), 2, 0.7, sizes=drawn)
    np.testing.assert_array_equal(found.size, drawn)  # selected or not
    np.testing.assert_allclose(found.rim[2] * found.size[2], RIM * 0.7)
    elsewhere = ViewState(layout="anatomical", map=MapView(fields=True))
    assert drawn_sizes(replace(now, view=elsewhere), 9, 0.7) is None
