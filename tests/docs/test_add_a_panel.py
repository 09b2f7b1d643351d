"""The example of docs/how_to_add_a_panel.md in a real window."""

from __future__ import annotations

import re
import sys

import pytest
from app.conftest import (  # noqa: F401 - fixtures
    no_question_waits,
    own_library,
    window,
)
from qtpy.QtCore import Qt
from support.docs_pages import DOCS
from support.in_window import use_session, use_stimulus

import insilico_gui as ig
from insilico_gui.app import panels
from insilico_gui.app.panels import registry
from insilico_gui.experiment import analyses, declared
from insilico_gui.experiment.declared import registry as declarations

LIMIT_S = 60.0


def code_of(page: str) -> str:
    text = (DOCS / page).read_text(encoding="utf-8")
    return re.search(r"```python\n(.*?)```", text, re.DOTALL)[1]


@pytest.fixture(autouse=True)
def added(tmp_path, monkeypatch):
    """The files of both how-tos, as if they were in their folders."""
    known = analyses.analyses()
    monkeypatch.setattr(analyses, "_ANALYSES", dict(known))
    for package, page, name in (
        (declared, "how_to_add_an_analysis.md", "modulation"),
        (panels, "how_to_add_a_panel.md", "modulation_panel"),
    ):
        folder = tmp_path / name
        folder.mkdir()
        (folder / f"{name}.py").write_text(code_of(page))
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(folder)])
    caches = (registry.panel_classes, declarations.find_declarations)
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()
    sys.modules.pop(f"{declared.__name__}.modulation", None)
    sys.modules.pop(f"{panels.__name__}.modulation_panel", None)


def test_two_files_are_an_analysis_with_a_panel(window, qtbot):  # noqa: F811
    use_session(window, ig.open_session("demo"))
    window.experiment.pick(areas=["LM"], fields=[1])
    window.experiment.look(encode_selected=True)
    panel = window.panel("Modulation")
    assert not panel.compute_button.isEnabled()
    shown = ig.stimuli.drifting_gratings(
        n_directions=4, duration_s=0.5, temporal_frequency=4.0
    )
    use_stimulus(window, shown)
    window.wait(LIMIT_S)
    window.encode()
    window.wait(LIMIT_S)
    panel = window.panel("Modulation")
    assert panel.about.text() == "Encode drifting gratings, then compute."
    qtbot.mouseClick(panel.compute_button, Qt.MouseButton.LeftButton)
    window.wait(LIMIT_S)
    panel = window.panel("Modulation")
    ratio = window.now.units["modulation_ratio"].dropna()
    assert len(ratio) == len(window.now.selection.indices)
    said = f"{(ratio > 1).sum()} of {len(ratio)} units are above 1."
    assert panel.about.text() == said
    assert panel.plot.listDataItems() or panel.plot.plotItem.items
    window.experiment.pick_none()
    assert window.panel("Modulation").about.text().startswith("0 of 0 units")
    window.experiment.undo()
    assert window.panel("Modulation").about.text() == said
