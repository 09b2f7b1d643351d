"""Sequences: the frames and trials of their parts, moved in time."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from measuring import all_frames
from PIL import Image
from spec_cases import QUICK, SMALL, quick, sequences

from insilico_gui.errors import StimulusError
from insilico_gui.stimuli import (
    Display,
    RenderedStimulus,
    Sequence,
    drifting_gratings,
    full_field_flashes,
    natural_images,
    spec_from_dict,
)

GRATINGS = quick("drifting_gratings").spec
DOTS = quick("gaussian_dots", margin_s=0).spec
FLASHES = quick("full_field_flashes", blank_s=0.1).spec


@settings(max_examples=25, deadline=None)
@given(sequences)
def test_frames_are_those_of_the_parts(spec):
    frames = all_frames(spec.stimulus())
    seen = np.zeros(len(frames), bool)
    for which, onset in zip(spec.part_order, spec.part_onsets, strict=True):
        part = all_frames(spec.parts[which].stimulus())
        shown = slice(onset, onset + len(part))
        assert not seen[shown].any()
        np.testing.assert_array_equal(frames[shown], part)
        seen[shown] = True
    assert (frames[~seen] == spec.blank_level).all()
    n_blanks = len(spec.parts) * spec.repeats + 1
    assert (~seen).sum() == round(spec.blank_s * spec.frame_rate) * n_blanks


@settings(max_examples=25, deadline=None)
@given(sequences, st.data())
def test_frames_do_not_depend_on_how_they_are_read(spec, data):
    stimulus = spec.stimulus()
    start = data.draw(st.integers(0, stimulus.n_frames))
    stop = data.draw(st.integers(start, stimulus.n_frames))
    whole = all_frames(spec.stimulus())
    np.testing.assert_array_equal(stimulus.frames(start, stop), whole[start:stop])


@settings(max_examples=25, deadline=None)
@given(sequences)
def test_trials_are_those_of_the_parts(spec):
    trials = spec.trials
    assert trials["onset"].is_monotonic_increasing
    assert not trials.duplicated(["condition", "repeat", "onset"]).any()
    first = 0
    for which, onset in zip(spec.part_order, spec.part_onsets, strict=True):
        own = spec.parts[which].trials
        rows = trials.iloc[first : first + len(own)]
        label = spec.labels[which]
        assert (rows["part"] == label).all()
        assert rows["condition"].tolist() == [f"{label}/{c}" for c in own["condition"]]
        # Frame numbers are whole, so times are exact
        frames = np.rint(own["onset"] * spec.frame_rate) + onset
        np.testing.assert_array_equal(rows["onset"], frames / spec.frame_rate)
        for name in own.columns.drop(["onset", "condition", "repeat"]):
            np.testing.assert_array_equal(rows[name], own[name])
        lacking = trials.columns.drop([*own.columns, "part"])
        for name in lacking:
            assert rows[name].isna().all() or (rows[name] == "").all()
        first += len(own)
    assert first == len(trials)
    for _, shown in trials.groupby("part"):
        n = shown["repeat"].nunique()
        assert sorted(shown["repeat"].unique()) == list(range(n))


def test_each_part_has_conditions_of_its_own():
    spec = Sequence(parts=[GRATINGS, DOTS, GRATINGS], repeats=2)
    assert spec.labels == ("drifting_gratings", "gaussian_dots", "drifting_gratings_2")
    by_condition = spec.trials.groupby("condition")["part"].nunique()
    assert (by_condition == 1).all()
    assert len(by_condition) == 2 + 4 + 2
    assert spec.trials["direction"].isna().sum() == 2 * 4
    assert set(spec.trials["polarity"]) == {"on", "off", ""}


def test_repeats_of_a_condition_are_counted_through():
    gratings = quick("drifting_gratings", repeats=3).spec
    trials = Sequence(parts=[gratings, DOTS], repeats=2).trials
    of_one = trials[trials["condition"] == "drifting_gratings/0"]
    assert of_one["repeat"].tolist() == [0, 1, 2, 3, 4, 5]


def test_orders_are_random_by_seed_and_repeat():
    parts = [quick(family).spec for family in list(QUICK)[:5]]

    def orders(seed):
        spec = Sequence(parts=parts, repeats=20, order="random", seed=seed)
        return spec.part_order.reshape(20, 5)

    one = orders(1)
    assert (np.sort(one, axis=1) == np.arange(5)).all()
    assert len(np.unique(one, axis=0)) > 10
    np.testing.assert_array_equal(one, orders(1))
    assert (one != orders(2)).any()
    # Stored: the same on every machine and in every version
    assert orders(0)[:3].tolist() == ORDERS_OF_SEED_0
    assert (Sequence(parts=parts, repeats=2).part_order == [*range(5), *range(5)]).all()


ORDERS_OF_SEED_0 = [[0, 2, 1, 4, 3], [1, 2, 3, 0, 4], [3, 2, 4, 1, 0]]


def test_a_specification_makes_these_bytes():
    spec = Sequence(
        parts=[GRATINGS, DOTS, FLASHES],
        blank_s=0.25,
        blank_level=90,
        repeats=2,
        order="random",
        seed=3,
    )
    assert spec.stimulus().fingerprint() == FINGERPRINT
    assert spec.hash == HASH
    other = Sequence(**{**vars_of(spec), "seed": 4})
    assert other != spec
    assert other.stimulus().fingerprint() != FINGERPRINT


FINGERPRINT = "sha256:c316e10c467e3ff20b0fdb4476034681a0438897c26bcf293555fe97a017aebd"
HASH = "sha256:3244b2075dc1be244b63795f60b1f10f08b6cf234c4ac0f82a36303aec1bc66b"


def vars_of(spec):
    values = spec.to_dict()
    del values["family"]
    return {**values, "parts": spec.parts}


def test_a_sequence_is_a_stimulus_like_others():
    spec = Sequence(parts=[GRATINGS, DOTS])
    stimulus = spec.stimulus()
    assert isinstance(stimulus, RenderedStimulus)
    assert stimulus.frame_shape == SMALL.pixels
    assert stimulus.frame_rate == 20
    assert stimulus.name == "sequence of 2 parts"
    about = json.loads(json.dumps(dict(stimulus.attrs)))
    assert spec_from_dict(about["spec"]) == spec
    assert about["spec_hash"] == spec.hash
    assert hash(spec) == hash(spec_from_dict(about["spec"]))


def test_natural_images_keep_their_names(tmp_path):
    rng = np.random.Generator(np.random.PCG64(0))
    for name in ("pond", "rock"):
        pixels = rng.integers(0, 255, (9, 16), np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{name}.png")
    images = natural_images(folder=tmp_path, display=SMALL, frame_rate=20).spec
    trials = Sequence(parts=[GRATINGS, images], repeats=2).trials
    shown = trials.loc[trials["part"] == "natural_images", "condition"]
    assert set(shown) == {"natural_images/pond.png", "natural_images/rock.png"}


def test_parts_are_prepared_when_they_are_reached():
    slow = drifting_gratings(n_directions=360, duration_s=50, blank_s=0).spec
    spec = Sequence(parts=[full_field_flashes().spec, slow], blank_s=0)
    start = time.perf_counter()
    spec.stimulus().frames(0, 10)
    assert time.perf_counter() - start < 1


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"parts": []}, "has no parts"),
        ({"parts": GRATINGS}, "has no parts"),
        ({"parts": [GRATINGS, 3]}, "Part 2 of the sequence is a int"),
        ({"parts": [quick("trippy")]}, "drifting_gratings\\(\\).spec"),
        ({"parts": [Sequence(parts=[DOTS])]}, "Part 1 of the sequence is a sequence"),
        (
            {"parts": [GRATINGS, quick("looming", frame_rate=30).spec]},
            r"Part 2 of the sequence \(looming\) has another frame rate .*30.* 20",
        ),
        (
            {"parts": [GRATINGS, drifting_gratings(frame_rate=20).spec]},
            "another display",
        ),
        ({"blank_s": -1}, "blank_s is -1"),
        ({"blank_s": float("nan")}, "blank_s is nan"),
        ({"blank_level": 256}, "blank_level is 256"),
        ({"blank_level": 12.5}, "blank_level is 12.5"),
        ({"repeats": 0}, "repeats is 0"),
        ({"repeats": "2"}, "repeats is '2'"),
        ({"order": "shuffled"}, "order is 'shuffled'"),
        ({"seed": -1}, "seed is -1"),
        ({"seed": True}, "seed is True"),
        ({"repeats": 10**6}, "limit is 6"),
        ({"repeats": 2**53}, "limit is 6"),
    ],
)
def test_wrong_fields_are_refused(fields, message):
    with pytest.raises(StimulusError, match=message):
        Sequence(**{"parts": [GRATINGS, DOTS], **fields})


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "needs parts"),
        ({"parts": "gratings"}, "needs parts"),
        ({"parts": ["gratings"]}, "Part 1 of the sequence is no specification"),
        ({"parts": [{"family": "gratings"}]}, "Part 1 .* called 'gratings'"),
        (
            {"parts": [DOTS.to_dict(), {**DOTS.to_dict(), "sigma": 3}]},
            "Part 2 .* gaussian_dots has no parameter sigma",
        ),
        ({"parts": [DOTS.to_dict()], "frame_rate": 30}, "has no parameter frame_rate"),
        ({"parts": [DOTS.to_dict()], "display": Display().to_dict()}, "no parameter"),
    ],
)
def test_wrong_dicts_are_refused(values, message):
    with pytest.raises(StimulusError, match=message):
        spec_from_dict({"family": "sequence", **values})
