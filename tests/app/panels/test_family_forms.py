"""Forms of the parametric families: as they open, they make the family's defaults."""

from __future__ import annotations

import gc

import numpy as np
import pytest
from PIL import Image
from qtpy.QtWidgets import QLabel, QLineEdit
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


def test_values_are_written_as_people_write_them(qapp):
    form = family_form("size series")
    assert form["size_deg"].native.text() == "5, 10, 15, 20, 30, 40, 50, 60"
    assert form["surround_contrast"].native.placeholderText() == "that of the grating"
    for text, value in (("2.5", 2.5), ("2.5, 4", (2.5, 4)), ("(3, 4)", (3, 4))):
        form["size_deg"].native.setText(text)
        assert form["size_deg"].value == value
    exact = family_form("drifting gabors")["duration_s"]
    assert len(exact.native.text()) <= 8
    assert exact.value == 10 / 12


@pytest.mark.parametrize("family", list(FAMILIES))
def test_parameters_are_in_groups_and_none_is_called_none(family, qapp):
    native = family_form(family).native
    headings = [
        label.text() for label in native.findChildren(QLabel) if "<b>" in label.text()
    ]
    assert "<b>What is shown</b>" in headings
    assert "<b>Screen</b>" in headings
    texts = [edit.text() for edit in native.findChildren(QLineEdit)]
    assert not [text for text in texts if "None" in text or "(" in text]


def test_the_preview_moves_while_it_is_seen(window, qtbot, leaky):
    use_session(window, leaky)
    form = window.panel("Stimulus").form
    qtbot.waitUntil(lambda: len(form._moving) > 10, timeout=30_000)
    seen = set()

    def moved():
        seen.add(form.preview.frame.tobytes())
        return len(seen) > 3

    qtbot.waitUntil(moved, timeout=30_000)
    assert all(frame.std() > 20 for frame in form._moving)  # of trials, not of blanks
    window.docks.of(window._made("Stimulus")).hide()
    frame = form.preview.frame
    qtbot.wait(250)
    assert form.preview.frame is frame
    form.family.setCurrentText("natural images")
    window.panel("Stimulus")
    qtbot.waitUntil(lambda: "Choose a folder" in form.about.text(), timeout=30_000)
    assert form.preview.frame is None


def test_no_form_is_wider_than_its_place(window, qtbot, leaky):
    use_session(window, leaky)
    panel = window.panel("Stimulus")
    place = panel.parentWidget()
    for family in FAMILIES:
        panel.form.family.setCurrentText(family)
        qtbot.waitUntil(
            lambda: panel.minimumSizeHint().width() <= place.width(), timeout=10000
        )
