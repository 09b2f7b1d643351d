"""Forms of the parametric families: as they open, they make the family's defaults."""

from __future__ import annotations

import gc

import numpy as np
import pytest
from PIL import Image
from support.in_window import use_session

from insilico_gui.app.widgets.family_form import family_form
from insilico_gui.stimuli.families.registry import FAMILIES


@pytest.fixture(autouse=True)
def collected():
    """Widgets that nobody holds go in this thread, and not in one of a later test."""
    yield
    gc.collect()


@pytest.mark.parametrize("family", list(FAMILIES))
def test_a_form_makes_the_defaults(family, qapp, tmp_path, monkeypatch):
    Image.fromarray(np.zeros((9, 16), np.uint8)).save(tmp_path / "image.png")
    monkeypatch.chdir(tmp_path)  # natural images are looked for here
    values = family_form(family).asdict()
    # The trials, because a form shows numbers with two decimals
    function = FAMILIES[family]
    assert function(**values).trials.equals(function().trials)


@pytest.mark.parametrize("family", list(FAMILIES))
def test_every_parameter_is_explained(family, qapp):
    shown = [widget for widget in family_form(family) if widget.name != "display"]
    tips = {widget.name: widget.tooltip for widget in shown}
    assert [name for name, tip in tips.items() if not tip or "See :" in tip] == []
    labels = [widget.label for widget in shown]
    assert len(set(labels)) == len(labels)
    assert not [text for text in labels if "_" in text or text.endswith((" deg", " s"))]


def test_lists_are_as_high_as_their_words(qapp):
    form = family_form("moving bars")
    assert form["polarity"].native.count() == 2
    assert form["polarity"].native.height() < 70


def test_long_values_are_seen_from_their_start(qapp):
    assert family_form("size series")["size_deg"].native.cursorPosition() == 0


def test_no_form_is_wider_than_its_place(window, qtbot, leaky):
    use_session(window, leaky)
    panel = window.panel("Stimulus")
    place = panel.parentWidget()
    for family in FAMILIES:
        panel.form.family.setCurrentText(family)
        qtbot.waitUntil(
            lambda: panel.minimumSizeHint().width() <= place.width(), timeout=10000
        )
