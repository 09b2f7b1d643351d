"""Every kind of session at its size, in the window: what blocks it, how it looks.

    python benchmarks/real_sizes.py [KIND ...] [--pictures FOLDER] [--size 1920x1080]

Needs a screen (or ``xvfb-run -a -s '-screen 0 1920x1080x24'``). Weights are made up, in
the published layout. Kinds: ``fsaverage`` (327,684 vertices), ``mouse`` (104,171 units),
``voxels``, ``eeg``, ``regions`` (NNPoisson), ``fly`` (20,000 neurons).

For each action: seconds until all is done; the longest time for which the event loop did
not come round, in milliseconds of processor time of its thread, without the drawing of
the canvas (``block``); where it was then, if that is more than 50 ms. For playback: the
processor time of a step. The panels that are offered are listed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from gui_time import LONG_S, Watchdog, settle, timed
from qtpy.QtWidgets import QApplication
from recolor import RandomSession

import insilico_gui as ig
from insilico_gui.app import InsilicoWindow
from insilico_gui.experiment.document import SessionEntry
from insilico_gui.stimuli import ArrayStimulus

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

if TYPE_CHECKING:
    from collections.abc import Callable

VERTICES, VOXELS, NEURONS, MOUSE_UNITS = 163_842, 1_350, 20_000, 104_171
STEPS = 20
WANTED_PANELS = "Raster", "Traces", "Units", "Selection", "Tuning"


class Hands:
    """Does things in a window as a user would, and tells what they take."""

    def __init__(self, window: InsilicoWindow, kind: str, pictures: Path | None):
        self.window, self.kind, self.pictures = window, kind, pictures
        self.dog = Watchdog()

    def do(self, name: str, action: Callable[[], object], picture: str = "") -> None:
        """Carry an action out and wait for all that follows from it."""
        window, canvas = self.window, self.window.docks.canvas
        canvas.setUpdatesEnabled(False)
        self.dog.start()
        start = time.perf_counter()
        action()
        settle(window, least_s=0.5, most_s=400)
        wall, block = time.perf_counter() - start, self.dog.longest
        canvas.setUpdatesEnabled(True)
        settle(window)
        print(
            f"  {name:28} {wall:7.1f} s   block {1000 * block.cpu:6.0f} ms", flush=True
        )
        if block.cpu > LONG_S:
            ours = [line for line in block.stack if not line.startswith("real_sizes")]
            print("      " + " > ".join(ours[-9:]), flush=True)
        if picture and self.pictures is not None:
            window.docks.window.grab().save(
                str(self.pictures / f"{self.kind}_{picture}.png")
            )

    def play(self, name: str) -> None:
        """Let some moments pass."""
        playback = self.window.experiment.playback
        self.window.docks.canvas.setUpdatesEnabled(False)
        playback.seek_frame(0)
        playback.playing = True
        self.window.playback_bar._timer.stop()
        taken = []
        for _ in range(STEPS):
            taken.append(timed(playback.advance, 1.0001 / playback.frame_rate).cpu)
            QApplication.processEvents()
        playback.playing = False
        self.window.docks.canvas.setUpdatesEnabled(True)
        print(f"  {name:28} {1000 * np.median(taken):7.1f} ms a step", flush=True)


def load(hands: Hands, folder: Path, session: str) -> None:
    """Open a session from the panel, as a user does."""
    window = hands.window

    def look() -> None:
        window.panel("Session").use_folder(folder, session)

    hands.do("look for sessions", look)
    hands.do("open", lambda: window.panel("Session").load_button.click(), "opened")
    assert window.now.session is not None, window.playback_bar.message.text()


def encode(hands: Hands, stimulus: object) -> None:
    """Add a stimulus and encode it."""
    window = hands.window
    window.experiment.look(encode_at_once=False)
    hands.do(
        "add a stimulus",
        lambda: window.experiment.add_stimulus(stimulus, show=True),
    )
    hands.do("encode", window.encode, "encoded")


def use(hands: Hands) -> None:
    """What is done with any session."""
    window, experiment = hands.window, hands.window.experiment
    offered = [slot.title for slot in window.slots if slot.was_offered]
    print("  offered:", ", ".join(offered))
    hands.play("playing")
    for layout in reversed(window.map.available_layouts()):
        hands.do(
            f"layout {layout}",
            lambda name=layout: experiment.look(layout=name),
            layout.replace(" ", "_"),
        )
        hands.play(f"playing, {layout}")
    for name in WANTED_PANELS:
        if name in offered:
            hands.do(f"panel {name}", lambda n=name: window.show_panel(n), name)
    n_units = len(window.now.units)
    units = window.now.units
    if "area" in units:
        hands.do("colour by area", lambda: experiment.look(color_by="area"), "areas")
        area = units["area"].mode()[0]
        hands.do("select an area", lambda: experiment.pick(areas=[area]), "selected")
    hands.do(
        "select one by hand", lambda: window.map_tools._clicked(n_units // 2, "alone")
    )
    hands.do("select all", experiment.pick)
    if "Units" in offered:
        table = window.panel("Units").table
        orders = table.horizontalHeader().sortIndicatorOrder().__class__
        hands.do("sort", lambda: table.sortByColumn(0, orders.DescendingOrder))
    hands.do("colour by response", lambda: experiment.look(color_by="response"), "end")
    hands.do("step", lambda: experiment.playback.step(1))
    hands.dog.stop()


def fsaverage(hands: Hands, folder: Path) -> None:
    """Vertices of human cortex, on a made-up surface."""
    import nibabel.freesurfer.io as freesurfer
    from support import berg_vit

    rng = np.random.default_rng(0)
    rois = {
        name: (slice(a, b), slice(a, b))
        for name, a, b in (
            *(("V1v", 0, 5_000), ("V2v", 5_000, 9_000), ("hV4", 9_000, 12_000)),
            *(("FFA-1", 20_000, 22_000), ("PPA", 30_000, 33_000)),
            *(("early", 0, 20_000), ("ventral", 20_000, 60_000)),
        )
    }
    berg_vit.write_fsaverage(folder, vertices=VERTICES, rois=rois)
    berg_vit.write_backbone(folder)
    surface = folder / "fsaverage" / "surf"
    surface.mkdir(parents=True)
    for side, x in (("lh", -34.0), ("rh", 34.0)):
        # Points all over an ellipsoid with folds, neighbours after each other
        k = np.arange(VERTICES) + 0.5
        polar, turn = np.arccos(1 - 2 * k / VERTICES), np.pi * (1 + 5**0.5) * k
        folds = 1 + 0.06 * np.sin(9 * polar) * np.cos(7 * turn)
        points = np.c_[
            x + 32 * folds * np.sin(polar) * np.cos(turn),
            -20 + 80 * folds * np.sin(polar) * np.sin(turn),
            15 + 55 * folds * np.cos(polar),
        ]
        freesurfer.write_geometry(
            str(surface / f"{side}.pial"), points, np.array([[0, 1, 2]])
        )
    load(hands, folder, "nsd-fsaverage/subject-1")
    encode(hands, images(folder, rng))
    use(hands)


def images(folder: Path, rng: np.random.Generator) -> object:
    """Twenty images."""
    file = folder / "images.npy"
    np.save(file, rng.integers(0, 255, (20, 224, 224, 3), np.uint8))
    return ig.open_stimulus(file)


def voxels(hands: Hands, folder: Path) -> None:
    """Voxels of V1 with known receptive fields."""
    from support import berg_fwrf

    berg_fwrf.write_model(folder, voxels=VOXELS, retinotopic=True)
    load(hands, folder, "nsd-fwrf/subject-1_V1")
    encode(hands, images(folder, np.random.default_rng(0)))
    use(hands)


def eeg(hands: Hands, folder: Path) -> None:
    """Channels on the scalp."""
    from support import berg_vit

    berg_vit.write_eeg(folder)
    berg_vit.write_backbone(folder)
    load(hands, folder, "things-eeg2/subject-1")
    encode(hands, images(folder, np.random.default_rng(0)))
    use(hands)


def mouse(hands: Hands, folder: Path) -> None:
    """As many units as in all published scans together."""
    session = RandomSession(MOUSE_UNITS)
    experiment = hands.window.experiment
    hands.do(
        "open",
        lambda: experiment.put_session(SessionEntry(id=session.id), session, show=True),
        "opened",
    )
    clip = np.random.default_rng(1).integers(0, 255, (60, 144, 256), np.uint8)
    encode(hands, ArrayStimulus(clip, 30.0))
    use(hands)


def regions(hands: Hands, folder: Path) -> None:
    """Regions that answer conditions."""
    from support.nnpoisson import session_folder

    load(hands, session_folder(folder / "model"), "nnpoisson/model-fwd")
    panel = hands.window.panel("Conditions")
    for name in ("contrast_left", "contrast_right"):
        panel.form.fields[name].show_levels((0.0, 0.25, 0.5, 1.0))
    panel.cross_button.click()
    hands.do("encode", panel.show_button.click, "encoded")
    use(hands)


def fly(hands: Hands, folder: Path) -> None:
    """Neurons of a fly, driven as recorded."""
    from insilico_drosophila import make_synthetic_fly

    from insilico_gui.stimuli import Drive, Recorded

    made = make_synthetic_fly(folder, n_neurons=NEURONS, n_frames=6)
    load(hands, made, "drosophila/630_2017-10-26_1")
    experiment = hands.window.experiment
    hands.do(
        "add a drive",
        lambda: experiment.add_drive(Drive(base=Recorded("2017-10-26_1", 1, 2))),
    )
    hands.do("encode", hands.window.encode, "encoded")
    use(hands)


KINDS = {made.__name__: made for made in (fsaverage, mouse, voxels, eeg, regions, fly)}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kinds", nargs="*", default=[], help=", ".join(KINDS))
    parser.add_argument("--pictures", type=Path)
    parser.add_argument("--size", default="1920x1080")
    options = parser.parse_args()
    if options.pictures is not None:
        options.pictures.mkdir(parents=True, exist_ok=True)
    for kind in options.kinds or KINDS:
        window = InsilicoWindow()
        shown = window.viewer.window._qt_window
        shown.resize(*map(int, options.size.split("x")))
        shown.show()
        window.wait(60)
        print(kind)
        with tempfile.TemporaryDirectory() as folder:
            KINDS[kind](Hands(window, kind, options.pictures), Path(folder))
            window.viewer.close()


if __name__ == "__main__":
    main()
