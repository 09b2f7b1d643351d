"""Recordings of other programs, imported: real NWB files and real output of suite2p."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.command_line import error_of, run

import insilico_gui as ig
from insilico_gui.errors import FitError, InsilicoError
from insilico_gui.fitting.recordings.layout import (
    TRAINING,
    open_evaluation_set,
    open_training_set,
)
from insilico_gui.fitting.recordings.signals import Signal

RATE, N_IMAGED, N_CLIP = 7.5, 240, 30
PLANES = (5, 4)
TRIALS = ["a.npy", "b.npy", "c.npy", "d.npy", "rep.npy", "rep.npy", "rep.npy"]


def truth(t: np.ndarray, unit: int) -> np.ndarray:
    """A slow response of a unit at times in s, above 0."""
    return 3 + unit + np.sin(2 * np.pi * t / (4 + unit))


class Lab:
    """A recording on disk: clips, times, signals; and what is in them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        rng = np.random.default_rng(0)
        for name in dict.fromkeys(TRIALS):
            clip = rng.integers(0, 255, (N_CLIP, 144, 256), np.uint8)
            np.save(folder / name, clip)
        starts = 2 + 4 * np.arange(len(TRIALS))
        self.frame_times = np.concatenate([s + np.arange(N_CLIP) / 30 for s in starts])
        np.save(folder / "frame_times.npy", self.frame_times)
        self.trials = pd.DataFrame({"clip": TRIALS, "onset": starts})
        self.trials["set"] = ["training"] * 3 + ["validation"] + ["evaluation"] * 3
        self.save_trials()
        at = np.arange(0, 34, 1 / 20)
        self.pupil = pd.DataFrame(
            {"time": at, "x": at, "y": 2 - at, "radius": 5 + np.cos(at)}
        )
        self.treadmill = pd.DataFrame({"time": at, "velocity": np.sin(at)})
        self.save_behavior()

    def save_trials(self) -> None:
        self.trials.to_csv(self.folder / "trials.csv", index=False)

    def save_behavior(self) -> None:
        self.pupil.to_csv(self.folder / "pupil.csv", index=False)
        self.treadmill.to_csv(self.folder / "treadmill.csv", index=False)

    def write_suite2p(self) -> Path:
        """Output of two planes: the last unit of each is no cell."""
        for p, n in enumerate(PLANES):
            path = self.folder / "suite2p" / f"plane{p}"
            path.mkdir(parents=True, exist_ok=True)
            t = (np.arange(N_IMAGED) + p / 2) / RATE
            spks = np.stack([truth(t, 10 * p + k) for k in range(n)]).astype(np.float32)
            np.save(path / "spks.npy", spks)
            np.save(path / "F.npy", spks * 2)
            np.save(path / "Fneu.npy", spks)
            cell = np.ones((n, 2))
            cell[-1, 0] = 0
            np.save(path / "iscell.npy", cell)
            ops = {"fs": RATE, "nplanes": 2, "Lx": 512, "save_path": "D:/x", "yoff": t}
            np.save(path / "ops.npy", ops)
        return self.folder / "suite2p"

    def options(self, **more):
        folder = self.folder
        return {
            "trials": folder / "trials.csv",
            "frame_times": folder / "frame_times.npy",
            "pupil": folder / "pupil.csv",
            "treadmill": folder / "treadmill.csv",
            **more,
        }


@pytest.fixture
def lab(tmp_path):
    return Lab(tmp_path)


def test_suite2p_becomes_the_published_layout(lab, tmp_path):
    out = tmp_path / "out"
    seen = []
    report = ig.fitting.import_recording(
        lab.write_suite2p(), out, **lab.options(), on_progress=lambda *a: seen.append(a)
    )
    assert report.n_units == 7 and report.trials == {
        "training": 3, "validation": 1, "evaluation": 3,
    }  # fmt: skip
    assert seen[-1] == (14, 14)
    training = open_training_set(out / "training_data")
    evaluation = open_evaluation_set(out / "evaluation_data")
    assert [i.name for i in training.items] == [f"000{k}.npy" for k in range(4)]
    assert [i.name for i in evaluation.items] == [f"rep/00{k}.npy" for k in range(3)]
    ids = [0, 1, 2, 3, 100_000, 100_001, 100_002]
    assert training.unit_ids.tolist() == evaluation.unit_ids.tolist() == ids
    # published functions read it
    from insilico_wang2025.data import load_evaluation_data, load_training_data

    data = load_training_data(out / "training_data")
    assert set(data) == set(TRAINING)
    assert [bool(x) for x in data["training"]] == [True, True, True, False]
    assert [int(x) for x in data["samples"]] == [30] * 4
    assert data["stimuli"][0].dtype == np.uint8
    np.testing.assert_array_equal(
        data["stimuli"][1][..., 0], np.load(tmp_path / "b.npy")
    )
    # responses at the times of the frames, by the mean of the training set
    raw = np.stack(
        [
            np.stack(
                [truth(lab.frame_times[30 * k : 30 * k + 30], u) for u in units], 1
            )
            for k in range(4)
            for units in [[0, 1, 2, 3, 10, 11, 12]]
        ]
    )
    expected = raw / raw[:3].mean(axis=(0, 1))
    np.testing.assert_allclose(np.stack(data["units"]), expected, atol=2e-3)
    assert np.concatenate(data["units"][:3]).mean(axis=0) == pytest.approx(1)
    for kind in ("perspectives", "modulations"):
        both = np.concatenate(data[kind][:3])
        assert both.mean(axis=0) == pytest.approx(0, abs=1e-5)
        assert both.std(axis=0) == pytest.approx(1, abs=1e-5)
    # constants of the training set serve for evaluation
    about = json.loads((out / "import.json").read_text())["constants"]
    repeats = load_evaluation_data(out / "evaluation_data")
    x = lab.frame_times[-30:]
    np.testing.assert_allclose(
        repeats["perspectives"][0][2][:, 0],
        (x - about["behavior_mean"][0]) / about["behavior_sd"][0],
        rtol=1e-5,
    )
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_what_was_imported_can_be_judged(lab, tmp_path):
    ig.fitting.import_recording(lab.write_suite2p(), tmp_path / "o", **lab.options())

    class Constant:
        units = 7

        def predict(self, stimuli, perspectives=None, modulations=None):
            ramp = stimuli.mean(axis=(2, 3, 4))
            return np.repeat(ramp[..., None], 7, axis=2).astype(np.float32)

    table = ig.fitting.evaluate(Constant(), tmp_path / "o" / "evaluation_data")
    assert len(table) == 7


def test_neuropil_signals_and_single_planes(lab, tmp_path):
    folder = lab.write_suite2p()
    a = ig.fitting.import_recording(
        folder / "plane1", tmp_path / "a", **lab.options(signal="dF")
    )
    assert a.n_units == 3
    units = pd.read_csv(tmp_path / "a/training_data/units.csv")
    assert units["field"].tolist() == [2, 2, 2]
    assert json.loads((tmp_path / "a/import.json").read_text())["n_units"] == 3


def write_nwb(lab: Lab, path: Path, **leave_out: bool) -> Path:
    """The same recording as an NWB file, written with pynwb."""
    pynwb = pytest.importorskip("pynwb")
    from pynwb.behavior import BehavioralTimeSeries, EyeTracking, PupilTracking
    from pynwb.image import ImageSeries
    from pynwb.ophys import Fluorescence, ImageSegmentation, OpticalChannel

    file = pynwb.NWBFile("test", "id", datetime(2026, 1, 1, tzinfo=UTC))
    device = file.create_device("microscope")
    channel = OpticalChannel(name="c", description="c", emission_lambda=500.0)
    module = file.create_processing_module("ophys", "responses")
    segmentation, deconvolved = ImageSegmentation(), Fluorescence(name="Deconvolved")
    module.add(segmentation)
    module.add(deconvolved)
    module.add(raw := Fluorescence(name="Fluorescence"))
    for p, n in enumerate(PLANES):
        plane = file.create_imaging_plane(
            name=f"plane{p}", optical_channel=channel, description="d", device=device,
            excitation_lambda=900.0, indicator="GCaMP6s", location="V1",
        )  # fmt: skip
        table = segmentation.create_plane_segmentation("d", plane, name=f"seg{p}")
        table.add_column("iscell", "accepted")
        for k in range(n):
            table.add_roi(pixel_mask=[(k, k, 1.0)], iscell=float(k < n - 1), id=k)
        rois = table.create_roi_table_region("all", region=list(range(n)))
        t = (np.arange(N_IMAGED) + p / 2) / RATE
        data = np.stack([truth(t, 10 * p + k) for k in range(n)], axis=1)
        timing = {"timestamps": t} if p else {"rate": RATE, "starting_time": 0.0}
        deconvolved.create_roi_response_series(
            name=f"plane{p}", data=data, rois=rois, unit="a.u.", **timing
        )
        raw.create_roi_response_series(
            name=f"raw{p}", data=data * 9, rois=rois, unit="a.u.", **timing
        )
    behavior = file.create_processing_module("behavior", "behaviour")
    at = lab.pupil["time"].to_numpy()
    eye, size, run_ = EyeTracking(), PupilTracking(), BehavioralTimeSeries()
    eye.create_spatial_series(
        name="eye", data=lab.pupil[["x", "y"]].to_numpy(), timestamps=at,
        reference_frame="camera",
    )  # fmt: skip
    size.create_timeseries(
        "radius", lab.pupil["radius"].to_numpy(), "mm", timestamps=at
    )
    run_.create_timeseries(
        "running_speed", lab.treadmill["velocity"].to_numpy(), "m/s", timestamps=at
    )
    for one in (eye, size, run_):
        behavior.add(one)
    if not leave_out.get("frame_times"):
        file.add_stimulus(
            ImageSeries(
                name="frames",
                external_file=["x.mp4"],
                format="external",
                starting_frame=[0],
                timestamps=lab.frame_times,
                unit="n.a.",
            )
        )
    file.add_trial_column("clip", "file")
    file.add_trial_column("set", "what for")
    for row in lab.trials.to_dict("records"):
        on = float(row["onset"])
        file.add_trial(
            start_time=on, stop_time=on + 1, clip=row["clip"], set=row["set"]
        )
    with pynwb.NWBHDF5IO(str(path), "w") as io:
        io.write(file)
    return path


def test_nwb_gives_the_same_as_suite2p(lab, tmp_path):
    path = write_nwb(lab, tmp_path / "r.nwb")
    report = ig.fitting.import_recording(path, tmp_path / "n")
    ig.fitting.import_recording(lab.write_suite2p(), tmp_path / "s", **lab.options())
    first, second = (
        open_training_set(tmp_path / name / "training_data") for name in ("n", "s")
    )
    assert first.unit_ids.tolist() == second.unit_ids.tolist()
    for one, other in zip(first.items, second.items, strict=True):
        for kind in ("stimuli", "units", "perspectives", "modulations"):
            np.testing.assert_allclose(one.read(kind), other.read(kind), atol=1e-4)
    assert any("those of the stimulus frames" in note for note in report.notes)
    again = write_nwb(lab, tmp_path / "r2.nwb", frame_times=True)
    report = ig.fitting.import_recording(again, tmp_path / "n2", signal="Fluorescence")
    assert any("evenly spaced" in note for note in report.notes)
    with pytest.raises(FitError, match=r"no responses 'x'; choose one of Deconvolved"):
        ig.fitting.import_recording(path, tmp_path / "n3", signal="x")


def test_damaged_nwb_files_are_refused(lab, tmp_path):
    path = write_nwb(lab, tmp_path / "r.nwb")
    whole = path.read_bytes()
    for name, content in (("cut.nwb", whole[: len(whole) // 2]), ("text.nwb", b"no")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(FitError, match="cannot be read"):
            ig.fitting.import_recording(tmp_path / name, tmp_path / "out")
    os.mkfifo(tmp_path / "pipe.nwb")
    with pytest.raises(FitError, match="pipe"):
        ig.fitting.import_recording(tmp_path / "pipe.nwb", tmp_path / "out")
    with pytest.raises(FitError, match="no recording that can be imported"):
        ig.fitting.import_recording(tmp_path / "a.npy", tmp_path / "out")
    with pytest.raises(FitError, match="There is no"):
        ig.fitting.import_recording(tmp_path / "none.nwb", tmp_path / "out")


def test_gaps_of_behaviour_are_interpolated_left_out_or_filled_and_told(lab, tmp_path):
    folder = lab.write_suite2p()
    at = lab.pupil["time"]
    lab.pupil.loc[(at > 2.3) & (at < 2.6), "x"] = np.nan  # a blink in trial 0
    lab.pupil.loc[(at > 6.2) & (at < 8), "radius"] = np.nan  # in trial 1
    lab.save_behavior()
    report = ig.fitting.import_recording(folder, tmp_path / "a", **lab.options())
    assert list(report.dropped) == ["0001"] and report.trials["training"] == 2
    assert any("1 trials were left out because" in s for s in report.sentences())
    assert np.isfinite(
        np.load(tmp_path / "a/training_data/perspectives/0000.npy")
    ).all()
    report = ig.fitting.import_recording(
        folder, tmp_path / "b", **lab.options(gaps="fill")
    )
    filled = np.load(tmp_path / "b/training_data/modulations/0001.npy")[:, 0]
    assert (filled[15:] == 0).all() and (filled[:3] != 0).all()
    assert any("Behaviour was not known in" in note for note in report.notes)
    lab.pupil["x"] = np.nan
    lab.save_behavior()
    with pytest.raises(FitError, match=r"no trial for training: 7 were left out"):
        ig.fitting.import_recording(folder, tmp_path / "c", **lab.options())
    report = ig.fitting.import_recording(
        folder, tmp_path / "d", **lab.options(pupil=None, treadmill=None)
    )
    assert sum("was not recorded and is 0" in note for note in report.notes) == 3


def test_sets_are_drawn_where_the_table_does_not_say(lab, tmp_path):
    lab.trials = lab.trials[["clip", "onset"]]
    lab.save_trials()
    folder = lab.write_suite2p()
    options = lab.options(frame_times=None, validation=0.25)
    reports = [
        ig.fitting.import_recording(folder, tmp_path / f"o{k}", **options, seed=k // 2)
        for k in range(3)
    ]
    assert reports[0].trials == {"training": 3, "validation": 1, "evaluation": 3}
    flags = [
        [
            bool(np.load(p))
            for p in sorted((tmp_path / o).glob("training_data/training/*"))
        ]
        for o in ("o0", "o1")
    ]
    assert flags[0] == flags[1]
    assert any("(seed 0)" in note for note in reports[0].notes)


@pytest.mark.parametrize(
    ("spoil", "match"),
    [
        (lambda lab: np.save(lab.folder / "frame_times.npy", np.arange(200.0)),
         "200 frame times and the clips of the 7 trials have 210"),
        (lambda lab: np.save(lab.folder / "frame_times.npy", lab.frame_times[::-1]),
         "do not rise: sample 1"),
        (lambda lab: np.save(
            lab.folder / "frame_times.npy", np.where(np.arange(210) == 5, np.nan, 1)),
         "not known from sample 5"),
        (lambda lab: np.save(lab.folder / "frame_times.npy", lab.frame_times + 100),
         "is not covered by spks of plane0"),
        (lambda lab: (lab.folder / "c.npy").unlink(), "'c.npy' is not in the folder"),
        (lambda lab: (lab.folder / "suite2p/plane1").rename(lab.folder / "elsewhere"),
         "2 planes were imaged, and plane1 is missing"),
        (lambda lab: (lab.folder / "suite2p/plane1/spks.npy").unlink(), "spks.npy"),
        (lambda lab: (lab.folder / "suite2p/plane0/ops.npy").unlink(), "name the rate"),
        (lambda lab: np.save(lab.folder / "suite2p/plane0/iscell.npy", np.ones((3, 2))),
         "3 rows and its signals 5 units"),
        (lambda lab: np.save(lab.folder / "suite2p/plane0/iscell.npy", np.zeros((5, 2))),
         "no unit that was accepted"),
        (lambda lab: np.save(lab.folder / "suite2p/plane0/spks.npy", np.zeros(5)),
         r"\[units, frames\]"),
        (lambda lab: np.save(
            lab.folder / "suite2p/plane0/spks.npy", np.full((5, N_IMAGED), np.nan)),
         r"not known in 960 samples of 4 units \(NaN\)"),
        (lambda lab: np.save(lab.folder / "suite2p/plane0/ops.npy", {"fs": 0.0}),
         "no rate 'fs' above 0"),
        (lambda lab: lab.trials.assign(set="test").to_csv(
            lab.folder / "trials.csv", index=False), "holds 'test'"),
        (lambda lab: lab.trials.assign(set="evaluation").to_csv(
            lab.folder / "trials.csv", index=False), "no trial for training"),
        (lambda lab: lab.trials.assign(clip="../a.npy").to_csv(
            lab.folder / "trials.csv", index=False), "named with another folder"),
        (lambda lab: lab.trials[["onset"]].to_csv(
            lab.folder / "trials.csv", index=False), "no column 'clip'"),
        (lambda lab: lab.pupil[["time", "x"]].to_csv(
            lab.folder / "pupil.csv", index=False), "no column y, radius"),
        (lambda lab: lab.treadmill[::-1].to_csv(
            lab.folder / "treadmill.csv", index=False), "of the treadmill do not rise"),
        (lambda lab: (lab.folder / "out").mkdir(), "exists already"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_in_one_sentence(lab, tmp_path, spoil, match):
    folder = lab.write_suite2p()
    spoil(lab)
    before = sorted(p.name for p in tmp_path.iterdir())
    with pytest.raises(InsilicoError, match=match) as caught:
        ig.fitting.import_recording(folder, tmp_path / "out", **lab.options())
    assert "\n" not in str(caught.value)
    assert sorted(p.name for p in tmp_path.iterdir()) == before


def test_imaging_times_and_rates_are_checked(lab, tmp_path):
    folder = lab.write_suite2p()
    volumes = np.arange(N_IMAGED) / RATE
    a = ig.fitting.import_recording(
        folder, tmp_path / "a", **lab.options(imaging_times=volumes)
    )
    frames = np.sort(np.concatenate([volumes, volumes + 0.5 / RATE]))
    b = ig.fitting.import_recording(
        folder, tmp_path / "b", **lab.options(imaging_times=frames)
    )
    np.testing.assert_allclose(a.constants.unit_means, b.constants.unit_means)
    for times, match in (
        (volumes[:-1], "239 imaging times and plane0 has 240"),
        (volumes * 2, "is said to have 7.5 Hz, and its times have 3.75 Hz"),
    ):
        with pytest.raises(FitError, match=match):
            ig.fitting.import_recording(
                folder, tmp_path / "c", **lab.options(imaging_times=times)
            )
    with pytest.raises(FitError, match="A rate of -1 Hz"):
        ig.fitting.import_recording(folder, tmp_path / "c", **lab.options(rate_hz=-1))


def test_a_pickle_that_would_run_is_not_run(lab, tmp_path):
    folder = lab.write_suite2p()

    class Evil:
        def __reduce__(self):
            return (os.mkdir, (str(tmp_path / "owned"),))

    np.save(folder / "plane0/ops.npy", {"fs": Evil()}, allow_pickle=True)
    with pytest.raises(InsilicoError, match="not plain data"):
        ig.fitting.import_recording(folder, tmp_path / "out", **lab.options())
    report = ig.fitting.import_recording(
        folder, tmp_path / "out", **lab.options(rate_hz=RATE)
    )
    assert any("could not be read as plain data" in note for note in report.notes)
    assert not (tmp_path / "owned").exists()


def test_tiffs_of_a_scan_are_no_output_of_suite2p(tmp_path):
    (tmp_path / "tiffs").mkdir()
    (tmp_path / "tiffs" / "file_00000.tif").write_bytes(b"II*\0")
    with pytest.raises(FitError, match=r"holds no folder plane0 with F\.npy"):
        ig.fitting.import_recording(tmp_path / "tiffs", tmp_path / "out")


def test_silent_units_are_left_out_and_told(lab, tmp_path):
    folder = lab.write_suite2p()
    spks = np.load(folder / "plane0/spks.npy")
    spks[1] = 0
    np.save(folder / "plane0/spks.npy", spks)
    report = ig.fitting.import_recording(folder, tmp_path / "out", **lab.options())
    assert report.n_units == 6
    assert any("1 of 7 units have no response above 0" in n for n in report.notes)
    units = pd.read_csv(tmp_path / "out/training_data/units.csv")
    assert 1 not in units["unit_id"].tolist()


def test_clips_of_other_rates_and_fast_signals(lab, tmp_path):
    folder = lab.write_suite2p()
    times = np.concatenate([t + np.arange(30) / 15 for t in 2 + 4 * np.arange(7)])
    report = ig.fitting.import_recording(
        folder, tmp_path / "slow", **lab.options(frame_times=times)
    )
    assert report.frames["training"] == 3 * 60
    shown = np.load(tmp_path / "slow/training_data/stimuli/0000.npy")[..., 0]
    np.testing.assert_array_equal(shown[::2], np.load(tmp_path / "a.npy"))
    np.testing.assert_array_equal(shown[1::2], np.load(tmp_path / "a.npy"))
    at = np.arange(0, 3, 1 / 900)
    fast = Signal("fast", at, np.sin(2 * np.pi * 30 * at)[:, None] + at[:, None])
    frames = 1 + np.arange(30) / 30
    np.testing.assert_allclose(fast.at(frames, 0)[:, 0], frames, atol=2e-3)


def test_the_command(lab, tmp_path):
    folder = lab.write_suite2p()
    given = [
        word
        for name, value in lab.options().items()
        for word in (f"--{name.replace('_', '-')}", value)
    ]
    done = run("import-recording", folder, tmp_path / "out", *given)
    assert done.exit_code == 0, done.output
    assert "7 units; 3 trials (90 frames) for training" in done.output
    assert "exists already" in error_of("import-recording", folder, tmp_path / "out")
