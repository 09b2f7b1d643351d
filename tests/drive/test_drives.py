"""Drives as plain data, their files, and the check against a session."""

from __future__ import annotations

import json

import numpy as np
import pytest
from support.relay import BIG, Relay

from insilico_gui.drive_checks import check_drive
from insilico_gui.errors import InsilicoError, StimulusError
from insilico_gui.stimuli import (
    Constant,
    Cut,
    Drive,
    Recorded,
    Samples,
    Silence,
    Stimulate,
    Target,
    open_drive,
    save_drive,
)

FULL = Drive(
    Samples({"left": [1.0, 2.0], "right": [0, 5]}, 0.5, others=3.0),
    duration_s=2.0,
    events=[
        Stimulate(Target({"channel": "left"}, share=0.5), 100, 2, 0.1, 0.2),
        Silence(Target(ids=[BIG + 1, str(BIG + 2)])),
        Cut("middle"),
    ],
    seed=7,
    window_s=0.05,
    step_s=0.002,
    options={"gain": 2.0, "loud": True, "start": "random"},
    units={"base": "Hz", "strength": "spikes"},
    name="full",
)
INF, NAN = float("inf"), float("nan")


def test_plain_data_makes_an_equal_drive():
    for drive in (
        FULL,
        Drive(),
        Drive(Constant({"a": 1}), 1.0),
        Drive(Recorded("r", 2)),
    ):
        again = Drive.from_dict(json.loads(json.dumps(drive.to_dict())))
        assert again == drive and again.fingerprint() == drive.fingerprint()
        assert dict(drive.attrs) == drive.to_dict()
    assert Drive(name="other").fingerprint() == Drive().fingerprint()
    assert Drive(seed=1).fingerprint() != Drive().fingerprint()
    assert FULL.control().events == () and FULL.control().seed == 7
    assert FULL.is_perturbed and not FULL.control().is_perturbed


@pytest.mark.parametrize("suffix", [".yaml", ".yml", ".json"])
def test_files_keep_everything(suffix, tmp_path):
    path = save_drive(FULL, tmp_path / f"full{suffix}")
    again = open_drive(path)
    assert again == FULL and again.name == "full"
    ids = again.events[1].target.ids
    assert ids == (BIG + 1, str(BIG + 2)) and isinstance(ids[0], int)
    with pytest.raises(StimulusError, match="exists"):
        save_drive(FULL, path)
    save_drive(Drive(), path, overwrite=True)
    assert open_drive(path) == Drive()


def test_a_table_of_channels_in_time_is_a_base(tmp_path):
    path = tmp_path / "steps.csv"
    path.write_text("time_s,left,right\n0.0,10,0\n0.25,20,0\n0.5,0,30\n")
    drive = open_drive(path)
    assert drive.base == Samples({"left": [10, 20, 0], "right": [0, 0, 30]}, 0.25)
    complete = check_drive(Relay(), drive)
    assert complete.duration_s == pytest.approx(0.75) and drive.name == "steps"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("left,right\n1,2\n3,4\n", "a column time_s"),
        ("time_s,left\n0,1\n", "at least two rows"),
        ("time_s,left\n0,1\n1,2\n1.5,3\n", "not evenly spaced"),
        ("time_s,left\n1,1\n0,2\n", "not evenly spaced"),
        ("time_s,left\n0,1\n,2\n", "not evenly spaced"),
        ("time_s,left\n0,a\n1,b\n", "no numbers"),
        ("time_s,left\n0,1\n1,\n", "nan"),
        ("time_s,left,left\n0,1,1\n1,1,1\n", "twice"),
    ],
)
def test_wrong_tables(text, says, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(text)
    with pytest.raises(StimulusError, match=says):
        open_drive(path)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("- 1\n", "no drive"),
        ("kind: movie\n", "kind 'movie'"),
        ("speed: 1\n", "no entry 'speed'"),
        ("base: 5\n", "whose type is one of constant"),
        ("base: {type: ramp}\n", "whose type is one of constant"),
        ("base: {type: samples}\n", "needs columns, interval_s"),
        ("base: {type: constant, slope: 1}\n", "no entry 'slope'"),
        ("base: {type: constant, values: 3}\n", "mapping of names"),
        ("events: {}\n", "give a list"),
        ("events: [{type: silence}]\n", "needs target"),
        ("events: [{type: silence, target: {}}]\n", "names no elements"),
        ("events: [{type: silence, target: 3}]\n", "or a mapping such as"),
        ("events: [{type: silence, target: {ids: [1.5e+18]}}]\n", "rounds long ids"),
        ("events: [{type: silence, target: {ids: 7}}]\n", "give a list of ids"),
        ("seed: 1.5\n", "whole number"),
        ("seed: -1\n", "at least 0"),
        ("options: {gain: [1]}\n", "give a number"),
        ("units: {weight: kg}\n", "base, strength"),
        ("duration_s: .nan\n", "duration of a drive"),
        ("base: [1\n", "cannot be read as YAML"),
    ],
)
def test_wrong_files(text, says, tmp_path):
    path = tmp_path / "d.yaml"
    path.write_text(text)
    with pytest.raises(StimulusError, match=says) as caught:
        open_drive(path)
    assert "d.yaml" in str(caught.value) or "'d'" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_other_files_and_objects(tmp_path):
    (tmp_path / "d.txt").write_text("x")
    with pytest.raises(StimulusError, match="is no drive"):
        open_drive(tmp_path / "d.txt")
    with pytest.raises(StimulusError, match="no format of a drive"):
        save_drive(FULL, tmp_path / "d.csv")
    with pytest.raises(StimulusError, match="int is no drive"):
        open_drive(3)
    with pytest.raises(StimulusError):
        open_drive(tmp_path / "absent.yaml")
    assert open_drive(FULL) is FULL
    assert open_drive(FULL.to_dict()) == FULL


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Constant({"a": NAN}), "'a' is nan"),
        (lambda: Constant(others=INF), "'others' is inf"),
        (lambda: Constant({"a": "3"}), "give a number"),
        (lambda: Constant({"a": True}), "give a number"),
        (lambda: Samples({}, 1.0), "no channels"),
        (lambda: Samples({"a": []}, 1.0), "0 samples"),
        (lambda: Samples({"a": [1], "b": [1, 2]}, 1.0), "1, 2 samples"),
        (lambda: Samples({"a": "12"}, 1.0), "no list of numbers"),
        (lambda: Samples({"a": [1.0]}, 0.0), "interval of a drive"),
        (lambda: Recorded(start=-1), "at least 0"),
        (lambda: Recorded(start=3, stop=3), "none; let them end"),
        (lambda: Recorded(3), "give its name"),
        (lambda: Target(ids=np.array([1.0])), "rounds long ids"),
        (lambda: Target(ids="12"), "a list of ids"),
        (lambda: Target(ids=[None]), "whole numbers, or text"),
        (lambda: Target({"ids": "x"}), "no kind of group"),
        (lambda: Target({"a": 3}), "give names"),
        (lambda: Target({"a": "b"}, share=1.5), "at most 1"),
        (lambda: Stimulate(Target(ids=[1]), -1.0, 1.0), "rate of a stimulation"),
        (lambda: Stimulate(Target(ids=[1]), 1.0, NAN), "strength of a stimulation"),
        (lambda: Stimulate(Target(ids=[1]), 1.0, 1.0, -0.1), "onset of a stimulation"),
        (lambda: Silence(Target(ids=[1]), 0.0, 0.0), "duration of a silence"),
        (lambda: Silence("GABA"), "give a Target"),
        (lambda: Cut(3), "give its name"),
        (lambda: Drive("rest"), "give Constant, Recorded or Samples"),
        (lambda: Drive(events=["cut"]), "Stimulate, Silence and Cut"),
        (lambda: Drive(duration_s=-1.0), "duration of a drive"),
        (lambda: Drive(window_s=10**400), "window of the responses"),
        (lambda: Drive(options={"a b": 1.0}), "no name of an option"),
        (lambda: Drive(name=""), "give text"),
    ],
)
def test_wrong_parts(make, says):
    with pytest.raises(StimulusError, match=says):
        make()


def test_a_checked_drive_has_everything():
    complete = check_drive(Relay(), FULL)
    assert complete.options == FULL.options and complete.step_s == 0.002
    plain = check_drive(Relay(), Drive())
    assert plain.base == Recorded("rest", 0, 6)
    assert (plain.window_s, plain.step_s) == (0.02, 0.001)
    assert check_drive(Relay(), plain) == plain


def with_event(event, **more):
    return Drive(Constant(), 1.0, [event], **more)


LEFT = Target({"channel": "left"})


@pytest.mark.parametrize(
    ("drive", "says"),
    [
        (Drive(Constant({"up": 1.0}), 1.0), "no channel 'up' .* left, middle, right"),
        (Drive(Samples({"up": [1.0]}, 1.0)), "no channel 'up'"),
        (Drive(Constant({"left": -1.0}), 1.0), "'left' is -1 Hz; relay takes"),
        (Drive(Samples({"left": [1.0, 901.0]}, 1.0)), "'left' is 901 Hz"),
        (Drive(Constant(others=901.0), 1.0), "'others' is 901 Hz"),
        (Drive(Constant()), "give duration_s"),
        (Drive(Recorded("task")), "no recording 'task'; choose one of rest"),
        (Drive(Recorded(start=6)), "samples 0 to 5, and 6 to 5"),
        (Drive(Recorded(stop=7)), "samples 0 to 5"),
        (Drive(units={"base": "mV"}), "given in 'mV' and relay takes it in 'Hz'"),
        (Drive(units={"strength": "mV"}), "takes it in 'spikes'"),
        (
            Drive(options={"speed": 1.0}),
            "no option 'speed'; there are gain, loud, start",
        ),
        (Drive(options={"gain": 4.0}), "gain .* a number, 0 to 3"),
        (Drive(options={"gain": True}), "gain .* a number"),
        (Drive(options={"loud": 1.0}), "true or false"),
        (Drive(options={"start": "up"}), "one of rest, random"),
        (Drive(step_s=0.1), "A step of 0.1 s is not 0.0005 to 0.005"),
        (Drive(window_s=20.0), "A window of 20 s"),
        (Drive(window_s=0.001, step_s=0.002), "at least one step"),
        (Drive(Constant(), 0.0001), "at least one step"),
        (with_event(Silence(LEFT, 1.0)), "begins at 1 s, after the drive has ended"),
        (
            with_event(Silence(Target({"area": "x"}))),
            "no groups by 'area'; choose channel",
        ),
        (with_event(Silence(Target({"channel": "x"}))), "no channel 'x'"),
        (
            with_event(Silence(Target({"parity": "odd"}, share=0.5))),
            "share is of a group",
        ),
        (with_event(Silence(Target(ids=[3]))), "no such cell"),
        (with_event(Silence(Target(ids=["x"]))), "cannot find the elements"),
        (
            with_event(Silence(Target({"channel": "left"}, ids=[BIG + 11]))),
            "holds no cell",
        ),
        (with_event(Stimulate(LEFT, 1001.0, 1.0)), "a rate above 1000 Hz"),
        (with_event(Stimulate(LEFT, 300.0, 1.0), step_s=0.005), "above 200 Hz"),
        (with_event(Stimulate(LEFT, 1.0, 6.0)), "a strength of 6 spikes"),
        (with_event(Cut("x")), "no region 'x' to cut; there are left"),
        (Drive(Constant(), 86400.0, window_s=0.001), "responses to drive claims"),
    ],
)
def test_what_a_session_does_not_have_is_one_sentence(drive, says):
    with pytest.raises(InsilicoError, match=says) as caught:
        check_drive(Relay(), drive)
    assert str(caught.value).endswith(".") and "\n" not in str(caught.value)


def test_sessions_without_recordings_say_so():
    session = Relay()
    object.__setattr__(session.description, "recordings", {})
    with pytest.raises(StimulusError, match="has no recording"):
        check_drive(session, Drive())
