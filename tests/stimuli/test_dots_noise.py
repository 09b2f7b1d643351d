"""What families of dots and noise keep alike: bytes, any split, round trips, forms."""

from __future__ import annotations

import inspect
import json

import numpy as np
import pytest
from measuring import all_frames

from insilico_gui.errors import StimulusError
from insilico_gui.stimuli import Display, spec_from_dict
from insilico_gui.stimuli.core.random_words import (
    random_bytes,
    random_order,
    random_words,
)
from insilico_gui.stimuli.families.gaussian_dots import gaussian_dots
from insilico_gui.stimuli.families.monet2 import monet2
from insilico_gui.stimuli.families.random_dots import random_dots
from insilico_gui.stimuli.families.sparse_noise import sparse_noise
from insilico_gui.stimuli.families.trippy import trippy

SMALL = Display(pixels=(36, 64))

CASES = {
    "gaussian_dots": (
        gaussian_dots,
        {"n_columns": 4, "n_rows": 3, "sigma_deg": 12, "blank_s": 0.1, "margin_s": 0},
        "sha256:3f4cc1133fdd55642ddc2a9190bcd7305e0ec25718f709c1eb1499830eccc4ce",
    ),
    "monet2": (
        monet2,
        {"n_dirs": 4, "duration_s": 3.1, "n_blocks": 2, "spatial_cutoff": 0.1},
        "sha256:1eb5b6b74758b0754d358f04086adf47686856c64ef7065d876bc21ac7da4acc",
    ),
    "monet2, partly coherent": (
        monet2,
        {
            "directions": [10, 200, 300],
            "duration_s": 3,
            "ori_fraction": 0.6,
            "ori_mix": 0.7,
            "temp_kernel": "half-hamming",
            "pattern_width": 40,
            "spatial_cutoff": 0.08,
            "seed": 5,
        },
        "sha256:aae9fa9ab378eb8df16a9a5c3650d071d672242fd0f1ce850f9392af371f9e13",
    ),
    "random_dots": (
        random_dots,
        {
            "directions": [0, 130],
            "coherence": 0.6,
            "speed_deg_s": 25,
            "dot_size_deg": 9,
            "duration_s": 0.7,
            "blank_s": 0.2,
        },
        "sha256:020807ece7e54b1a026ece326f5c798cd39d0f6462495c737156cc60bbb1dd74",
    ),
    "sparse_noise": (
        sparse_noise,
        {"size_deg": 13, "density": 0.2, "n_presentations": 40, "margin_s": 0},
        "sha256:cf87d798748d415c8c76ae3282b2b11b520808c833f3724bc23dceb64f3f4225",
    ),
    "trippy": (
        trippy,
        {"n_clips": 2, "duration_s": 2, "repeats": 2},
        "sha256:2e50c515d13296f2a956cd397d6ffd2d35f2bc90144743fda0fd894b6a0de136",
    ),
}
FUNCTIONS = {function.__name__: function for function, *_ in CASES.values()}


@pytest.fixture(params=list(CASES))
def case(request):
    function, options, fingerprint = CASES[request.param]
    return function, {**options, "display": SMALL}, fingerprint


def philox(counter: list[int], key: int) -> list[int]:
    """Philox 4x64-10 as Salmon et al. 2011 define it, of four counter words."""
    mask = 2**64 - 1
    a, b, c, d = counter
    k0, k1 = key & mask, key >> 64
    for _ in range(10):
        first, third = a * 0xD2E7470EE14C6C93, c * 0xCA5A826395121157
        a, b, c, d = (
            (third >> 64) ^ b ^ k0,
            third & mask,
            (first >> 64) ^ d ^ k1,
            first & mask,
        )
        k0, k1 = (k0 + 0x9E3779B97F4A7C15) & mask, (k1 + 0xBB67AE8584CAA73B) & mask
    return [a, b, c, d]


def test_random_words_are_those_of_philox():
    assert philox([0] * 4, 0)[0] == 0x16554D9ECA36314C  # published known answer
    words = random_words(77, 8, stream=1, part=5, step=9)
    # numpy counts up before it draws
    assert words.tolist() == philox([1, 9, 5, 1], 77) + philox([2, 9, 5, 1], 77)
    low_first = random_bytes(77, 11, stream=1, part=5, step=9)
    assert low_first.tobytes() == words.astype("<u8").tobytes()[:11]


def test_random_order_is_a_permutation():
    order = random_order(3, 50, part=2)
    assert sorted(order) == list(range(50))
    assert (order != random_order(3, 50, part=3)).any()


def test_same_spec_same_bytes_on_every_machine(case):
    function, options, fingerprint = case
    assert function(**options).fingerprint() == fingerprint


def test_any_split_gives_the_same_frames(case):
    function, options, _ = case
    whole = all_frames(function(**options))
    stimulus = function(**options)  # with nothing rendered yet
    rng = np.random.default_rng(0)
    for k in rng.integers(0, stimulus.n_frames, 20):
        stop = min(stimulus.n_frames, k + rng.integers(1, 40))
        np.testing.assert_array_equal(stimulus.frames(k, stop), whole[k:stop])
    assert stimulus.frames(5, 5).shape == (0, 36, 64)
    with pytest.raises(StimulusError, match="frames 0 to"):
        stimulus.frames(0, stimulus.n_frames + 1)


def test_spec_there_and_back_through_json(case):
    function, options, _ = case
    stimulus = function(**options)
    spec = stimulus.spec
    again = spec_from_dict(json.loads(json.dumps(spec.to_dict())))
    assert again == spec
    assert type(again) is type(spec)
    assert (hash(again), again.hash) == (hash(spec), spec.hash)
    np.testing.assert_array_equal(
        again.stimulus().frames(20, 30), stimulus.frames(20, 30)
    )


def test_another_seed_is_another_movie(case):
    function, options, _ = case
    one, other, again = (
        function(**{**options, "seed": seed}).frames(0, 40) for seed in (1, 2, 1)
    )
    np.testing.assert_array_equal(one, again)
    assert (one != other).mean() > 0.1


def test_trials_are_within_the_stimulus_and_apart(case):
    function, options, _ = case
    stimulus = function(**options)
    first = stimulus.trials["onset"].to_numpy() * 30
    after = first + stimulus.trials["duration"].to_numpy() * 30
    np.testing.assert_allclose(first, np.rint(first), atol=1e-9)
    np.testing.assert_allclose(after, np.rint(after), atol=1e-9)
    assert (first[1:] > after[:-1] - 1e-9).all()
    assert first[0] >= 0
    assert after[-1] <= stimulus.n_frames + 1e-9
    counts = stimulus.trials.groupby("repeat")["condition"].nunique()
    assert (counts == stimulus.trials["condition"].nunique()).all()


@pytest.mark.parametrize("name", list(FUNCTIONS))
def test_function_and_spec_have_the_same_parameters_and_defaults(name):
    spec = FUNCTIONS[name]().spec
    assert type(spec)() == spec
    parameters = set(inspect.signature(FUNCTIONS[name]).parameters)
    assert parameters - {"n_dirs"} == set(spec.to_dict()) - {"family"}


@pytest.mark.parametrize("name", list(FUNCTIONS))
def test_a_form_can_be_made_of_the_function(name):
    """Every parameter has a type for which magicgui knows a widget."""
    from magicgui.signature import magic_signature
    from magicgui.type_map import get_widget_class

    for parameter in magic_signature(FUNCTIONS[name]).parameters.values():
        annotation = parameter.annotation
        if "bind" not in annotation.__metadata__[0]:  # not asked for
            get_widget_class(value=parameter.default, annotation=annotation)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("gaussian_dots", {"sigma_deg": 0}, "sigma_deg is 0"),
        ("gaussian_dots", {"sigma_deg": 0.1}, "less than half a pixel"),
        ("gaussian_dots", {"n_columns": 0}, "n_columns is 0"),
        ("gaussian_dots", {"n_rows": 200}, "n_rows is 200"),
        ("gaussian_dots", {"polarity": "white"}, "polarity is 'white'"),
        ("gaussian_dots", {"polarity": []}, "polarity is"),
        ("gaussian_dots", {"contrast": 0}, "contrast is 0"),
        ("gaussian_dots", {"duration_s": 0.01}, "less than a frame"),
        ("gaussian_dots", {"repeats": 10**6}, "would last .* hours"),
        ("gaussian_dots", {"seed": -1}, "seed is -1"),
        ("monet2", {"spatial_cutoff": 0.7}, "half a cycle per pixel"),
        ("monet2", {"spatial_cutoff": -1}, "spatial_cutoff is -1"),
        ("monet2", {"pattern_width": 64}, "half a cycle per pixel"),
        ("monet2", {"pattern_width": 300}, "pattern_width is 300"),
        ("monet2", {"temp_bandwidth": 16}, "half the frame rate"),
        ("monet2", {"speed_deg_s": 30}, "half the frame rate"),
        ("monet2", {"ori_fraction": 1.2}, "longer than a period"),
        ("monet2", {"ori_fraction": 0}, "ori_fraction is 0"),
        ("monet2", {"n_dirs": 300}, "less than two frames"),
        ("monet2", {"ori_coherence": 0.5}, "ori_coherence is 0.5"),
        ("monet2", {"ori_mix": 2}, "ori_mix is 2"),
        ("monet2", {"temp_kernel": "hann"}, "temp_kernel is 'hann'"),
        ("monet2", {"directions": [0, 360]}, "directions holds a number twice"),
        ("monet2", {"rms_contrast": 0.9}, "rms_contrast is 0.9"),
        ("monet2", {"n_blocks": 10**5}, "would last .* hours"),
        ("monet2", {"seed": 0.5}, "seed is 0.5"),
        (
            "monet2",
            {
                "directions": [1],
                "ori_coherence": 180,
                "display": SMALL,
                "spatial_cutoff": 0.1,
            },
            "No wave",
        ),
        ("random_dots", {"dot_size_deg": 0.5}, "less than a pixel"),
        ("random_dots", {"dot_size_deg": -1}, "dot_size_deg is -1"),
        ("random_dots", {"density": 0}, "density is 0"),
        ("random_dots", {"density": 0.6}, "density is 0.6"),
        ("random_dots", {"coherence": [0.5, 1.2]}, "coherence is 1.2"),
        ("random_dots", {"speed_deg_s": -3}, "speed_deg_s is -3"),
        ("random_dots", {"speed_deg_s": 400}, "less than half of the"),
        ("random_dots", {"lifetime_s": 0.04}, "less than two frames"),
        ("random_dots", {"lifetime_s": 600}, "dots on and around the screen"),
        ("random_dots", {"motion": ["spiral"]}, "motion is 'spiral'"),
        ("random_dots", {"motion": []}, "motion is"),
        ("random_dots", {"directions": 0}, "directions is 0"),
        ("random_dots", {"directions": [0, 360]}, "directions holds a number twice"),
        ("random_dots", {"same_dots": 1}, "same_dots is 1"),
        ("random_dots", {"repeats": 1000}, "would last .* hours"),
        ("sparse_noise", {"size_deg": 0.5}, "at least a pixel"),
        ("sparse_noise", {"size_deg": 200}, "at most the screen"),
        ("sparse_noise", {"density": 0.004}, "less than a bright and a dark one"),
        ("sparse_noise", {"density": 0}, "density is 0"),
        ("sparse_noise", {"density": 1.5}, "density is 1.5"),
        ("sparse_noise", {"duration_s": 0}, "duration_s is 0"),
        ("sparse_noise", {"n_presentations": 10**6}, "would last .* hours"),
        ("trippy", {"spatial_freq": 0.8}, "spatial_frequency of 0.8"),
        ("trippy", {"temp_freq": 16}, "temp_freq is 16"),
        ("trippy", {"temp_freq": 12}, "pixels change at up to"),
        ("trippy", {"temp_kernel_length": 5}, "pixels change at up to"),
        ("trippy", {"duration_s": 0.5}, "longer than a clip"),
        ("trippy", {"xnodes": 1}, "xnodes is 1"),
        ("trippy", {"n_clips": 10**4}, "would last .* hours"),
    ],
)
def test_what_cannot_be_shown_is_refused_in_a_sentence(name, options, message):
    with pytest.raises(StimulusError, match=message) as error:
        FUNCTIONS[name](**options)
    assert str(error.value).endswith(".")
    assert "\n" not in str(error.value)
