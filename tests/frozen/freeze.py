"""Freeze the results of today: ``python tests/frozen/freeze.py [analyses stimuli ...]``.

Only differences that the change log names may be frozen again.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
DATA = HERE / "data"
KINDS = ("analyses", "stimuli", "exports", "options", "commands")


def arrays(results):
    """One dictionary for ``.npz`` of a dictionary of results; texts as text."""
    flat = {}
    for name, result in results.items():
        for key, values in result.items():
            is_text = values.dtype.kind in "OTU"
            flat[f"{name}|{key}"] = (
                values.astype(str).astype("U") if is_text else values
            )
    return flat


def analyses():
    from frozen.battery import ANALYSES, flat

    results = {}
    for name, function in ANALYSES.items():
        result = function()
        result = result if isinstance(result, dict) else flat(result)
        results[name] = {k: v for k, v in result.items() if k != "display"}
    return arrays(results)


def stimuli():
    from frozen.shown import seen, stimuli, trial_columns

    texts, means = {}, {}
    for name, stimulus in stimuli().items():
        digest, means[name] = seen(stimulus)
        texts[name] = {
            "specification": stimulus.spec.to_dict(),
            "hash": stimulus.spec.hash,
            "n_frames": stimulus.n_frames,
            "frames": digest,
            "trials": trial_columns(stimulus),
        }
    return texts, means


def exports(folder):
    from frozen.exported import EXPORTS, contents

    found = {}
    for k, name in enumerate(EXPORTS):
        (folder / str(k)).mkdir()
        found[name] = contents(folder / str(k), name)
    return found


def commands(folder):
    from frozen.commands import RUN, table
    from typer.testing import CliRunner

    from insilico_gui.cli import app

    found = {}
    for name, arguments in RUN.items():
        target = folder / f"{name.replace(' ', '_')}.csv"
        done = CliRunner().invoke(app, [*arguments, "-o", str(target)])
        assert done.exit_code == 0, done.output
        found[name] = table(target)
    return arrays(found)


def plain(value):
    """As read back from JSON."""
    return json.loads(json.dumps(value, sort_keys=True))


def write(name, value):
    text = json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False)
    (DATA / name).write_text(text + "\n", encoding="utf-8")


def main(kinds):
    import numpy as np

    DATA.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        if "analyses" in kinds:
            np.savez_compressed(DATA / "analyses.npz", **analyses())
        if "stimuli" in kinds:
            texts, means = stimuli()
            write("stimuli.json", texts)
            np.savez_compressed(
                DATA / "frames.npz", **{k: v.astype("f4") for k, v in means.items()}
            )
        if "exports" in kinds:
            write("exports.json", exports(folder))
        if "options" in kinds:
            from frozen.commands import options

            write("options.json", options())
        if "commands" in kinds:
            np.savez_compressed(DATA / "commands.npz", **commands(folder))


if __name__ == "__main__":
    sys.path.insert(0, str(HERE.parent))
    main(sys.argv[1:] or KINDS)
