"""Take the pictures of the tour: the window at work, in ``docs/pictures``.

``scripts/tour`` runs it on a screen of its own.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from insilico_drosophila import make_synthetic_fly
from napari.settings import get_settings
from PIL import Image

import insilico_gui as ig
from insilico_gui.app import InsilicoWindow, launch
from insilico_gui.app.panels.analyses_panel import AnalysesPanel
from insilico_gui.app.panels.drive.activity_panel import ActivityPanel
from insilico_gui.app.panels.export_panel import ExportPanel
from insilico_gui.app.shell.start import take_picture
from insilico_gui.stimuli import Drive, Recorded, Silence, Stimulate, Target
from insilico_gui.stimuli.render.scene import moving_scene

if TYPE_CHECKING:
    from collections.abc import Callable

PICTURES = Path(__file__).parent.parent / "docs" / "pictures"
SMALL, LARGE, LARGEST = (1366, 768), (1920, 1080), (2560, 1440)
N_COLORS = {SMALL: 256, LARGE: 256, LARGEST: 128}
LIMIT_S = 600.0


def begin() -> InsilicoWindow:
    """An empty window."""
    return InsilicoWindow()


def window() -> InsilicoWindow:
    """A video, encoded, with the responses on the map in stimulus space."""
    return launch("demo", stimulus=moving_scene())


def stimulus() -> InsilicoWindow:
    """The sheet in which a stimulus is made."""
    found = window()
    found.wait(LIMIT_S)
    found.show_panel("Stimulus")
    return found


def gratings() -> InsilicoWindow:
    """Gratings in eight directions, the direction tuning, the map in its colours."""
    given = ig.stimuli.drifting_gratings(
        n_directions=8, temporal_frequency=2.0, duration_s=1.0, blank_s=0.5
    )
    found = launch("demo", stimulus=given)
    found.wait(LIMIT_S)
    found.analyse("direction tuning", {})
    found.wait(LIMIT_S)
    found.show_panel("Tuning")
    return found


def tuning() -> InsilicoWindow:
    """Direction tuning of the unit that is looked at."""
    found = gratings()
    experiment = found.experiment
    best = found.now.units["gDSI_measured"].idxmax()
    experiment.look(unit_id=int(found.now.units["unit_id"].loc[best]))
    found.show_panel("Tuning")
    return found


def raster() -> InsilicoWindow:
    """All units in time, sorted by their preferred direction."""
    found = tuning()
    found.experiment.look(raster={"sort": "pref_dir_measured", "scale": "z-score"})
    found.show_panel("Raster")
    return found


def trials() -> InsilicoWindow:
    """Responses aligned to the onsets of trials."""
    found = tuning()
    found.show_panel("Aligned trials")
    return found


def analyses() -> InsilicoWindow:
    """The sheet of analyses with a result."""
    found = gratings()
    panel = found.panel(AnalysesPanel)
    panel.analysis.setCurrentText("sparseness")
    panel.analysis.textActivated.emit("sparseness")
    found.analyse("sparseness", {})
    found.wait(LIMIT_S)
    found.show_panel("Population")
    return found


def export() -> InsilicoWindow:
    """The sheet in which responses are exported."""
    found = gratings()
    found.experiment.pick(areas=["V1"])
    found.panel(ExportPanel).path.setText("gratings_V1.parquet")
    return found


def fields() -> InsilicoWindow:
    """Receptive fields mapped by dots, and outlines of them on the map."""
    found = launch("demo", stimulus=ig.stimuli.gaussian_dots(n_columns=12, n_rows=7))
    found.wait(LIMIT_S)
    experiment = found.experiment
    experiment.pick(areas=["V1"], fields=[1])
    found.analyse("receptive fields", {})
    found.wait(LIMIT_S)
    experiment.look(outlines_min_r2=0.5)
    found.show_panel("Receptive fields")
    return found


def retinotopy() -> InsilicoWindow:
    """The anatomical layout, coloured by the place of receptive fields."""
    found = window()
    found.wait(LIMIT_S)
    found.analyse("retinotopy", {"known": True})
    found.wait(LIMIT_S)
    found.show_panel("Retinotopy")
    found.experiment.look(layout="anatomical", color_by="rf_x")
    return found


def depth() -> InsilicoWindow:
    """Units in the tissue, coloured by area."""
    found = window()
    found.wait(LIMIT_S)
    found.show_panel("Population")
    found.experiment.look(layout="anatomical 3-D", color_by="area")
    return found


def compare() -> InsilicoWindow:
    """Slow gratings against fast ones."""
    found = gratings()
    fast = ig.stimuli.drifting_gratings(
        n_directions=8, temporal_frequency=6.0, duration_s=1.0, blank_s=0.5
    )
    slow = found.experiment.on_show()
    found.experiment.add_stimulus(fast, name="fast gratings", show=True)
    found.wait(LIMIT_S)
    found.encode()
    found.wait(LIMIT_S)
    found.experiment.compare_with(*slow)
    found.show_panel("Compare")
    found.panel("Compare").compare()
    found.wait(LIMIT_S)
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
    for title in ("Drive", "Activity"):
        found.show_panel(title)
    found.panel(ActivityPanel).show_view("perturbation")
    experiment.playback.seek(0.5)
    return found


def recorded() -> InsilicoWindow:
    """Predicted responses and, of some of the units, what was recorded."""
    found = gratings()
    responses = found.now.responses
    rng = np.random.default_rng(0)
    chosen = responses[:, np.sort(rng.permutation(responses.shape[1])[:700])]
    spread = chosen.std("time")
    noise = rng.normal(size=chosen.shape) * spread.to_numpy() * 0.7
    path = Path(tempfile.mkdtemp()) / "recorded.parquet"
    ig.export((chosen + noise).astype("float32").assign_attrs(chosen.attrs), path)
    found.drop([path])
    found.wait(LIMIT_S)
    best = found.now.units["gDSI_measured"].idxmax()
    found.experiment.look(
        raster={"sort": "pref_dir_measured", "beside": "A"},
        unit_id=int(found.now.units["unit_id"].loc[best]),
    )
    for title in ("Tuning", "Raster"):
        found.show_panel(title)
    return found


def functional() -> InsilicoWindow:
    """Units by what they have in common, coloured by area."""
    found = gratings()
    found.analyse("functional layout", {"of": "responses"})
    found.wait(LIMIT_S)
    found.experiment.look(layout="functional", color_by="area")
    found.show_panel("Population")
    return found


def clip_in_space() -> InsilicoWindow:
    """Responses in the tissue, with the clip in the corner."""
    found = window()
    found.wait(LIMIT_S)
    found.experiment.look(layout="anatomical 3-D", color_by="response")
    found.viewer.camera.angles = (12.0, 28.0, 60.0)
    found.experiment.playback.seek(4.7)
    return found


TOUR: tuple[tuple[Callable[[], InsilicoWindow], tuple[int, int], str], ...] = (
    (begin, SMALL, "dark"),
    (window, SMALL, "dark"),
    (stimulus, LARGE, "light"),
    (tuning, LARGE, "dark"),
    (raster, LARGEST, "dark"),
    (trials, SMALL, "light"),
    (fields, LARGE, "light"),
    (retinotopy, SMALL, "dark"),
    (depth, LARGE, "dark"),
    (analyses, SMALL, "light"),
    (compare, LARGE, "dark"),
    (export, SMALL, "light"),
    (drive, SMALL, "dark"),
    (gratings, LARGEST, "light"),
    (recorded, LARGE, "dark"),
    (functional, SMALL, "light"),
    (clip_in_space, SMALL, "dark"),
)
"""What is shown, at which size, in which theme."""


def with_few_colors(picture: Image.Image, n_colors: int) -> Image.Image:
    """A picture that is small as a file, and whose scales of colours are still whole.

    Most colours are those that most of the picture has, which are greys; the others are
    chosen for how far apart they are.
    """
    n_common = 5 * n_colors // 8
    common = picture.quantize(n_common).getpalette() or []
    apart = picture.quantize(n_colors - n_common, Image.Quantize.MAXCOVERAGE)
    palette = Image.new("P", (1, 1))
    palette.putpalette(common[: 3 * n_common] + (apart.getpalette() or []))
    return picture.quantize(palette=palette, dither=Image.Dither.NONE)


def main(wanted: list[str]) -> None:
    """Take pictures, with few colours, so that they stay small."""
    # Nothing of the user's: no recent files, no layout, no experiment after a crash
    for name in ("LIBRARY", "RECOVERY", "SETTINGS"):
        os.environ[f"INSILICO_{name}"] = tempfile.mkdtemp() + "/own"
    for make, size, theme in TOUR:
        if wanted and make.__name__ not in wanted:
            continue
        get_settings().appearance.theme = theme
        path = PICTURES / f"{make.__name__}.png"
        take_picture(make(), path, size)
        with_few_colors(Image.open(path).convert("RGB"), N_COLORS[size]).save(
            path, optimize=True
        )
        print(path, path.stat().st_size // 1000, "kB", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
