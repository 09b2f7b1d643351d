"""Make docs/pictures/families.png: six frames of each parametric family.

python scripts/contact_sheets.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from insilico_gui.stimuli.families.registry import FAMILIES

N_FRAMES = 6
LABEL_HEIGHT = 18
GAP = 4


def sheet(name: str) -> np.ndarray:
    """A labelled row of frames: the first trials of a family, mid-trial."""
    stimulus = FAMILIES[name]()
    trials = stimulus.trials
    if trials is None or len(trials) < N_FRAMES:
        frames = np.linspace(0, stimulus.n_frames - 1, N_FRAMES)
    else:
        middle = trials["onset"] + trials["duration"] / 2
        frames = middle[:N_FRAMES].to_numpy() * stimulus.frame_rate
    pictures = [
        stimulus.frames(k, k + 1)[0]
        for k in np.minimum(frames, stimulus.n_frames - 1).astype(int)
    ]
    row = np.hstack([np.pad(picture, ((0, GAP), (0, GAP))) for picture in pictures])
    label = Image.new("L", (row.shape[1], LABEL_HEIGHT))
    n_trials = 0 if trials is None else len(trials)
    text = f"{name}: {n_trials} trials, {stimulus.duration:.1f} s"
    ImageDraw.Draw(label).text((4, 3), text, fill=255)
    return np.vstack([np.asarray(label), row])


def main() -> None:
    """Write the picture."""
    # Natural images need a folder of somebody's own.
    rows = [sheet(name) for name in FAMILIES if name != "natural images"]
    target = Path(__file__).parent.parent / "docs" / "pictures" / "families.png"
    Image.fromarray(np.vstack(rows)).save(target, optimize=True)
    print(target)


if __name__ == "__main__":
    main()
