"""The command line's stimuli: from a family to a file to responses."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from support.command_line import run

import insilico_gui as ig
from insilico_gui.errors import InsilicoError
from insilico_gui.stimuli import Sequence, drifting_gratings, gaussian_dots, load_spec
from insilico_gui.stimuli.families.registry import FAMILIES


@pytest.fixture
def gratings(tmp_path):
    path = tmp_path / "gratings.yaml"
    result = run(
        *("stimulus", "drifting-gratings", "-o", path),
        *("--set", "n_directions=2", "--set", "duration_s=0.4"),
        *("--set", "spatial_frequency=0.02,0.04"),
    )
    assert result.exit_code == 0, result.output
    assert result.output.startswith("drifting gratings: 4 trials, 4.1 s, 123 frames")
    return path


def test_families_are_listed():
    lines = run("stimulus").output.splitlines()
    assert len(lines) == len(FAMILIES)
    assert any(line.startswith("drifting-gratings\tMake drifting") for line in lines)


def test_a_family_is_written_to_be_edited(gratings):
    expected = drifting_gratings(
        n_directions=2, duration_s=0.4, spatial_frequency=[0.02, 0.04]
    ).spec
    assert load_spec(gratings) == expected
    gratings.write_text(gratings.read_text().replace("seed: 0", "seed: 5"))
    assert load_spec(gratings).seed == 5


def test_what_is_shown_can_be_redirected_to_a_file(gratings, tmp_path):
    result = run("stimulus", gratings)
    summary, _, text = result.output.partition("\n\n")
    assert summary.endswith("123 frames at 30 Hz, 256 x 144 pixels")
    (tmp_path / "again.yaml").write_text(text)
    assert load_spec(tmp_path / "again.yaml") == load_spec(gratings)


def test_several_make_a_sequence_that_is_encoded(gratings, tmp_path):
    battery = tmp_path / "battery.json"
    result = run(
        *("stimulus", gratings, "gaussian_dots", "-o", battery, "--blank-s", 0.5),
        *("--repeats", 2, "--random", "--seed", 3),
    )
    assert result.exit_code == 0, result.output
    assert result.output.splitlines()[1].strip().startswith("drifting gratings: 4 tri")
    spec = Sequence(
        parts=[load_spec(gratings), gaussian_dots().spec],
        blank_s=0.5,
        repeats=2,
        order="random",
        seed=3,
    )
    assert load_spec(battery) == spec


def test_a_specification_is_encoded(gratings, tmp_path):
    battery = tmp_path / "battery.yaml"
    assert run("stimulus", gratings, gratings, "-o", battery).exit_code == 0
    out = tmp_path / "out.npz"
    result = run(
        "encode", "demo", battery, "-o", out, "--device", "cpu", "--area", "LM"
    )
    assert result.exit_code == 0, result.output
    session = ig.open_session("demo", device="cpu")
    selection = ig.select(session, areas=["LM"])
    expected = ig.encode(session, load_spec(battery).stimulus(), selection)
    loaded = ig.load_responses(out)
    np.testing.assert_array_equal(loaded, expected)
    parts = ["drifting_gratings", "drifting_gratings_2"]
    assert ig.analysis.sequence_parts(loaded) == parts


def test_frames_and_trials_are_written(gratings, tmp_path):
    spec = load_spec(gratings)
    for suffix in ("npy", "csv"):
        result = run("stimulus", gratings, "-o", tmp_path / f"out.{suffix}")
        assert result.exit_code == 0, result.output
    shown = ig.open_stimulus(tmp_path / "out.npy", frame_rate=30)
    assert shown.n_frames == spec.n_frames
    assert shown.fingerprint() == spec.stimulus().fingerprint()
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "out.csv"), spec.trials)
    assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["gratings"], "no stimulus 'gratings'"),
        (["drifting-gratings", "--set", "n=3"], "no parameter 'n'"),
        (["drifting-gratings", "--set", "contrast=2"], "contrast is 2"),
        (["drifting-gratings", "--set", "contrast"], "write name=value"),
        (["monet2", "trippy", "--set", "seed=1"], "one family at a time"),
        (["monet2", "trippy", "--repeats", "0"], "repeats is 0"),
        (["monet2", "trippy", "--repeats", "100000"], "limit is 6"),
        (["trippy", "-o", "out.txt"], "no known format"),
        (["trippy", "-o", "no/out.yaml"], "does not exist"),
        (["trippy", "-o", "there.yaml"], "--overwrite"),
        (["there.yaml"], "there.yaml: trippy has no parameter sead"),
        (["clip.npy"], "clip.npy is no parametric stimulus"),
    ],
)
def test_errors_are_one_sentence(arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there.yaml").write_text("family: trippy\nsead: 3\n")
    np.save(tmp_path / "clip.npy", np.zeros((2, 18, 32), np.uint8))
    before = sorted(path.name for path in tmp_path.iterdir())
    result = run("stimulus", *arguments)
    assert isinstance(result.exception, InsilicoError), result.output
    assert message in str(result.exception)
    assert sorted(path.name for path in tmp_path.iterdir()) == before
