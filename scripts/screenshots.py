"""Take the pictures of the docs: the window on the demo session, in ``docs/pictures``.

``scripts/screenshots`` runs it on a screen of its own.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from insilico_drosophila import make_synthetic_fly
from PIL import Image

import insilico_gui as ig
from insilico_gui.app import launch
from insilico_gui.app.panels.drive.activity_panel import ActivityPanel
from insilico_gui.app.shell.start import take_picture
from insilico_gui.stimuli import Drive, Recorded, Silence, Stimulate, Target
from insilico_gui.stimuli.render.scene import moving_scene

if TYPE_CHECKING:
    from insilico_gui.app import InsilicoWindow

PICTURES = Path(__file__).parent.parent / "docs" / "pictures"
SIZE = 1366, 768
N_COLORS = 256
LIMIT_S = 300.0


def window() -> InsilicoWindow:
    """A video, encoded, with the responses on the map in stimulus space."""
    return launch("demo", stimulus=moving_scene())


def tuning() -> InsilicoWindow:
    """Direction tuning; the map is coloured by the preferred direction."""
    gratings = ig.stimuli.drifting_gratings(
        n_directions=8, temporal_frequency=2.0, duration_s=1.0, blank_s=0.5
    )
    found = launch("demo", stimulus=gratings)
    found.wait(LIMIT_S)
    found.analyse("direction tuning", {})
    found.wait(LIMIT_S)
    for title in ("Experiment", "Map", "Tuning"):
        found.show_panel(title)
    found.experiment.look(color_by="pref_dir_measured")
    return found


def retinotopy() -> InsilicoWindow:
    """The anatomical layout, coloured by the place of receptive fields."""
    found = launch("demo", stimulus=moving_scene())
    found.wait(LIMIT_S)
    found.analyse("retinotopy", {"known": True})
    found.wait(LIMIT_S)
    for title in ("Experiment", "Map", "Retinotopy"):
        found.show_panel(title)
    found.experiment.look(layout="anatomical", color_by="rf_x")
    return found


def drive() -> InsilicoWindow:
    """A made-up fly: one neuropil is stimulated, another silenced."""
    folder = Path(tempfile.mkdtemp())
    make_synthetic_fly(folder, n_neurons=20_000)
    found = launch("drosophila/630_2017-10-26_1", directory=folder)
    found.wait(LIMIT_S)
    experiment, (name,) = found.experiment, found.experiment.document.sessions
    events = [
        Stimulate(Target({"neuropil": "AL_L"}, share=0.8), 200.0, 1.0, 0.3, 0.4),
        Silence(Target({"neuropil": "EB"}, share=0.8), 0.3, 0.4),
    ]
    base = Recorded(stop=1)
    added = experiment.add_drive(
        Drive(base, 1.0, events, name="stimulate AL_L, silence EB"), name
    )
    found.encode([(name, each) for each in added])
    found.wait(LIMIT_S)
    found.analyse("perturbation", {})
    found.wait(LIMIT_S)
    for title in ("Drive", "Map", "Activity"):
        found.show_panel(title)
    found.panel(ActivityPanel).show_view("perturbation")
    experiment.playback.seek(0.5)
    return found


def main() -> None:
    """Take all pictures, with few colours, so that they stay small."""
    for make in (window, tuning, retinotopy, drive):
        path = PICTURES / f"{make.__name__}.png"
        take_picture(make(), path, SIZE)
        picture = Image.open(path).convert("RGB").quantize(N_COLORS)
        picture.save(path, optimize=True)
        print(path, path.stat().st_size // 1000, "kB")


if __name__ == "__main__":
    main()
