"""Every plot of the window as a picture and as data: files hold what is seen."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd
import pyqtgraph as pg
import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtGui import QImage
from qtpy.QtWidgets import QApplication, QFileDialog, QMenu
from support.folders import folder_of_another_user
from support.in_window import use_session, use_stimulus
from support.leaky import LeakySession
from support.nnpoisson import session_folder

import insilico_gui as ig
from insilico_gui.app.panels.registry import panel_classes
from insilico_gui.app.widgets.frame_view import FrameView
from insilico_gui.app.widgets.themed_plot import ThemedPlot
from insilico_gui.errors import ExportError
from insilico_gui.stimuli import ArrayStimulus

LIMIT_S = 120.0
LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
LEVELS = [0.0, 0.5, 1.0]
ENTRIES = [
    "Copy picture",
    "Copy data",
    "Save as PNG…",
    "Save as SVG…",
    "Save as PDF…",
    "Save data as CSV…",
    "Show all",
]


@pytest.fixture
def crossed(window, tmp_path):
    """The window with intensities for nine pairs of contrasts."""
    folder = session_folder(tmp_path / "model")
    use_session(window, ig.open_session("nnpoisson/model-fwd", directory=folder))
    panel = window.panel("Conditions")
    for name in ("contrast_left", "contrast_right"):
        panel.form.fields[name].show_levels(LEVELS)
    panel.cross_button.click()
    panel.show_button.click()
    window.wait(LIMIT_S)
    return window


class Menu:
    """The menu of a plot, opened and chosen from with the mouse."""

    def __init__(self, qtbot, monkeypatch, view):
        self.qtbot, self.view, self.path = qtbot, view, ""
        self.suggested = ""

        def ask(_parent, _title, suggested, _filter):
            self.suggested = suggested
            return str(self.path), ""

        monkeypatch.setattr(QFileDialog, "getSaveFileName", ask)

    def open(self):
        middle = QPoint(self.view.width() // 2, self.view.height() // 2)
        self.qtbot.mouseClick(self.view.viewport(), RIGHT, pos=middle)
        (menu,) = (m for m in self.view.findChildren(QMenu) if m.isVisible())
        return menu

    def choose(self, text, path=""):
        self.path = path
        menu = self.open()
        (action,) = (a for a in menu.actions() if a.text() == text)
        place = menu.actionGeometry(action).center()
        self.qtbot.mouseClick(menu, LEFT, pos=place)
        return path


def read(path):
    return pd.read_csv(path, engine="python")  # whose floats are exact


def colors_of(image):
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    raw = np.frombuffer(image.constBits(), np.uint8)
    rows = raw.reshape(image.height(), image.bytesPerLine())[:, : 3 * image.width()]
    return rows.reshape(image.height(), image.width(), 3).astype(int)


def check_zoom(crossed, qtbot, tmp_path):
    """What the user has zoomed to is saved, and stays."""
    plot = crossed.panel("Traces").plot
    crossed.wait()
    box = plot.plotItem.vb
    box.setRange(xRange=(0.1, 0.2), yRange=(0.5, 0.55), padding=0)
    qtbot.wait(20)
    shown = box.viewRange()
    plot.menu.save(tmp_path / "zoom.svg")
    np.testing.assert_allclose(box.viewRange(), shown)
    texts = [
        "".join(e.itertext()).strip()
        for e in ET.parse(tmp_path / "zoom.svg").iter()
        if e.tag.endswith("text")
    ]
    assert "0.12" in texts and "0.4" not in texts


@pytest.mark.timeout(300)
def test_a_plot_is_saved_by_its_menu(crossed, qtbot, monkeypatch, tmp_path):
    plot, message = crossed.panel("Trials").heat, crossed.playback_bar.message
    menu = Menu(qtbot, monkeypatch, plot)
    opened = menu.open()
    assert [a.text() for a in opened.actions() if a.text()] == ENTRIES
    opened.close()
    before = colors_of(plot.grab().toImage())

    path = menu.choose("Save as PNG…", tmp_path / "heat.png")
    assert menu.suggested == "trials.png"
    assert message.text().replace("\u200b", "") == f"Written: {path}"
    image = QImage(str(path))
    assert (image.width(), image.height()) == (2 * plot.width(), 2 * plot.height())
    assert "nnpoisson/model-fwd" in image.text("Description")
    pixels = colors_of(image)
    assert (pixels[[0, 0, -1, -1], [0, -1, 0, -1]] == 255).all()
    assert (pixels.max(axis=2) < 60).mean() > 0.001  # letters are dark
    colored = np.ptp(pixels, axis=2) > 60
    assert 0.2 < colored.mean() < 0.9  # the units

    root = ET.parse(menu.choose("Save as SVG…", tmp_path / "heat.svg")).getroot()
    texts = " ".join("".join(e.itertext()) for e in root.iter() if "text" in e.tag)
    assert "trial time (s)" in texts and "intensity (1/s)" in texts
    assert root.get("viewBox") == f"0 0 {plot.width()} {plot.height()}"
    assert any(e.tag.endswith("clipPath") for e in root.iter())

    data = menu.choose("Save as PDF…", tmp_path / "heat.pdf").read_bytes()
    assert data.startswith(b"%PDF-1.") and data.rstrip().endswith(b"%%EOF")
    assert len(re.findall(rb"/Type /Page\b", data)) == 1
    (box,) = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", data)
    points = 0.75 * np.array([plot.width(), plot.height()])
    np.testing.assert_allclose([float(v) for v in box], points, atol=1)
    assert b"/FontFile2" in data  # text is text

    table = read(menu.choose("Save data as CSV…", tmp_path / "heat.csv"))
    assert list(table)[:2] == ["trial time (s)", "left-CP, intensity (1/s)"]
    expected = crossed.now.responses[0].to_numpy().astype(float)
    np.testing.assert_array_equal(table.iloc[:, 1:], expected)
    np.testing.assert_array_equal(table["trial time (s)"], crossed.now.shown.times)

    menu.choose("Copy data")
    first = QApplication.clipboard().text().splitlines()[0].split("\t")
    assert first == list(table)
    menu.choose("Copy picture")
    assert QApplication.clipboard().image().size() == image.size()
    # the window has its own colours again
    np.testing.assert_array_equal(colors_of(plot.grab().toImage()), before)
    check_zoom(crossed, qtbot, tmp_path)


@pytest.mark.timeout(300)
def test_what_cannot_be_saved_gives_one_sentence(crossed, qtbot, monkeypatch, tmp_path):
    plot, message = crossed.panel("Trials").heat, crossed.playback_bar.message
    menu = Menu(qtbot, monkeypatch, plot)

    def said():
        text = message.text()
        assert text.startswith("⚠") and text.count(". ") == 0, text
        return text

    menu.choose("Save as PNG…", tmp_path / "heat.jpg")
    assert "heat.jpg" in said() and ".png, .svg, .pdf" in said()
    menu.choose("Save as PDF…", tmp_path / "nowhere" / "heat.pdf")
    assert "does not exist" in said()
    for text in ("Save as PNG…", "Save as SVG…", "Save as PDF…", "Save data as CSV…"):
        with folder_of_another_user() as folder:
            menu.choose(text, folder / f"heat.{text[-4:-1].lower()}")
            assert "you may not write" in said()
            assert list(folder.iterdir()) == []
    # the suffix is that of the entry; what the dialog did not ask about is kept
    kept = tmp_path / "heat.svg"
    kept.write_text("mine")
    menu.choose("Save as SVG…", tmp_path / "heat")
    assert "exists already" in said()
    assert kept.read_text() == "mine"
    menu.choose("Save as SVG…", kept)
    assert ET.parse(kept).getroot().tag.endswith("svg")
    menu.choose("Save as SVG…", "")
    with pytest.raises(ExportError, match="overwrite=True"):
        plot.menu.save(kept)
    assert [p.name for p in tmp_path.glob("heat*")] == ["heat.svg"]


@pytest.mark.timeout(300)
def test_data_of_each_view_of_trials(crossed, tmp_path):
    def saved(name):
        plot = getattr(crossed.panel("Trials"), name)
        assert plot.isVisible()
        return read(plot.menu.save(tmp_path / f"{name}.csv"))

    panel, responses = crossed.panel("Trials"), crossed.now.responses
    panel.show_view("condition tuning")
    crossed.wait(LIMIT_S)
    crossed.experiment.look(unit_id="left-VISp")
    matrix = saved("matrix")
    assert list(matrix) == ["contrast left", "contrast right", "intensity (1/s)"]
    mean = responses.sel(unit_id="left-VISp").mean("time").to_numpy()
    np.testing.assert_allclose(matrix["intensity (1/s)"], mean, rtol=1e-2)
    np.testing.assert_array_equal(matrix["contrast right"], LEVELS * 3)

    crossed.panel("Trials").show_view("psychometric curve")
    crossed.wait(LIMIT_S)
    crossed.wait(LIMIT_S)
    curve = saved("curve")
    found = crossed.now.results["psychometric curve"].dataset
    assert list(curve) == ["contrast right - contrast left", "P(right)"]
    np.testing.assert_array_equal(curve["P(right)"], found["probability"])

    crossed.panel("Trials").show_view("choices")
    crossed.wait(LIMIT_S)
    found = crossed.now.results["choices"].dataset
    bars, densities = saved("bars"), saved("densities")
    assert list(bars)[2:] == ["P(left)", "P(right)", "P(none)"]
    np.testing.assert_array_equal(bars.iloc[:, 2:], found["probability"])
    np.testing.assert_array_equal(bars["contrast left"], np.repeat(LEVELS, 3))
    right = densities["right, density (1/s)"]
    np.testing.assert_array_equal(right, found["density"][0, 1])

    crossed.panel("Trials").show_view("simulated trials")
    crossed.wait(LIMIT_S)
    spikes = saved("raster")
    found = crossed.now.results["simulated trials"].dataset.to_dataframe()
    here = found[found["trial"] == 0]
    assert list(spikes) == ["unit_id", "neuron", "trial time (s)"]
    np.testing.assert_array_equal(spikes["trial time (s)"], here["time"])

    plot = crossed.panel("Traces").plot
    crossed.wait()
    traces = read(plot.menu.save(tmp_path / "traces.csv"))
    assert traces.shape == (401, 10)
    assert list(traces)[1] == "contrast_left 0, contrast_right 0, intensity (1/s)"
    np.testing.assert_allclose(
        traces.iloc[:, 9], responses[8].mean("unit").to_numpy(), rtol=1e-5
    )


@pytest.mark.timeout(300)
def test_plots_of_video_sessions(window, qtbot, monkeypatch, tmp_path):
    frames = np.random.default_rng(0).integers(0, 255, (30, 36, 64), np.uint8)
    use_session(window, LeakySession(12, (36, 64)))
    use_stimulus(window, ArrayStimulus(frames, 10.0))
    window.encode()
    window.wait(LIMIT_S)
    traces = window.panel("Traces")
    window.wait(LIMIT_S)
    table = read(traces.plot.menu.save(tmp_path / "traces.csv"))
    responses = window.now.responses
    mean = next(name for name in table if name.startswith("mean, "))
    np.testing.assert_allclose(table[mean], responses.mean("unit"), rtol=1e-5)
    assert next(iter(table)) == "time (s)"
    sem = next(name for name in table if name.startswith("SEM, "))
    expected = responses.std("unit", ddof=1) / np.sqrt(12)
    np.testing.assert_allclose(table[sem], expected, rtol=1e-4)
    gratings = ig.stimuli.drifting_gratings(
        n_directions=4, duration_s=0.5, blank_s=0.6, frame_rate=10.0
    )
    use_stimulus(window, gratings)
    window.encode()
    window.wait(LIMIT_S)
    window.analyse("direction tuning", {})
    window.wait(LIMIT_S)
    tuning = window.panel("Tuning")
    curve = read(tuning.cartesian.menu.save(tmp_path / "tuning.csv"))
    x, y = next(
        item.getData()
        for item in tuning.cartesian.plotItem.listDataItems()
        if item.opts["symbol"] == "s"
    )
    found = curve.dropna(subset="mean, response")
    np.testing.assert_array_equal(found["direction (deg)"], x)
    np.testing.assert_array_equal(found["mean, response"], y)
    pd.testing.assert_frame_equal(
        curve, read(tuning.polar.menu.save(tmp_path / "polar.csv"))
    )
    histogram = window.panel("Population").plot
    counts = read(histogram.menu.save(tmp_path / "histogram.csv"))
    is_count = [name.startswith("units, ") for name in counts]
    assert counts.loc[:, is_count].to_numpy().sum() == 12
    # the picture of a frame is no plot, and has no data
    preview = window.panel("Stimulus").preview
    window.wait(LIMIT_S)
    menu = Menu(qtbot, monkeypatch, preview)
    opened = preview.menu.open(preview.mapToGlobal(QPoint(5, 5)))
    assert [a.text() for a in opened.actions() if a.isEnabled() and a.text()] == [
        text for text in ENTRIES if "ata" not in text and text != "Show all"
    ]
    opened.close()
    path = tmp_path / "frame.png"
    preview.menu.save(path)
    assert QImage(str(path)).width() == 2 * preview.width()
    assert menu.suggested == ""


def test_no_plot_has_another_menu(window):
    for kind in panel_classes():
        window.panel(kind.title)
    views = window.docks.window.findChildren(pg.GraphicsView)
    assert len(views) > 15
    for view in views:
        assert isinstance(view, ThemedPlot | FrameView), view
        boxes = [i for i in view.scene().items() if isinstance(i, pg.ViewBox)]
        assert boxes and not any(box.menuEnabled() for box in boxes), view
