"""What every family of trials must keep: bytes, times, round trips, forms."""

from __future__ import annotations

import inspect
import json

import numpy as np
import pytest
from measuring import all_frames
from PIL import Image

from insilico_gui.errors import StimulusError
from insilico_gui.stimuli import (
    Display,
    contrast_series,
    drifting_gabors,
    full_field_flashes,
    looming,
    moving_bars,
    natural_images,
    size_series,
    spec_from_dict,
    static_gratings,
)

SMALL = Display(pixels=(36, 64))

CASES = {
    "static_gratings": (
        static_gratings,
        {"orientations": [0, 30, 135], "spatial_frequency": 0.05, "size_deg": 50},
        "sha256:aff0762a3533dc746e3fed9a2bec5693f1c56dfc26a3bf422a5cb98ca2555a8b",
    ),
    "drifting_gabors": (
        drifting_gabors,
        {
            "directions": [0, 250],
            "spatial_frequency": [0.03, 0.05],
            "temporal_frequency": 3,
            "center": (0.2, -0.3),
            "angles": "exact",
        },
        "sha256:48e015c539cae94d7a979a4ab1258ba9d699eeb196cf401aa5a15052606a35a7",
    ),
    "full_field_flashes": (
        full_field_flashes,
        {"levels": [0, 100, 255], "durations_s": [0.1, 0.4], "repeats": 2},
        "sha256:6ee45f981ff1ade1f6ec905c7e63cf351397ab1231b38b570d5cd645c89c820c",
    ),
    "moving_bars": (
        moving_bars,
        {
            "directions": [0, 70],
            "speed_deg_s": [50, 110],
            "polarity": ["light", "dark"],
        },
        "sha256:de42fdf3581ad9c4077d05cc62b1e48d834b23cfb4a07acd1c0071dea6f6ca26",
    ),
    "moving_bars, checkerboard": (
        moving_bars,
        {"directions": [200], "checker_deg": 17, "contrast": 0.7, "angles": "exact"},
        "sha256:86d5249912c15a3bc86494b8023e70a03b7dfe6143580e62e72d6895cf4fa7d0",
    ),
    "size_series": (
        size_series,
        {
            "size_deg": [10, 45],
            "directions": [0, 100],
            "surround": ["none", "same", "orthogonal"],
            "gap_deg": 4,
            "surround_contrast": 0.5,
            "duration_s": 0.4,
        },
        "sha256:2b1ba874d2ef9315f553f08e30452dfb25352a4274b03bf759170bd7a3fa33f1",
    ),
    "contrast_series": (
        contrast_series,
        {"contrast": [0.1, 0.5, 1], "directions": [45], "waveform": "square"},
        "sha256:0a88fee40759caad020a7241e1ee3dd67beef16a0066c6d13ffa8777a4173f11",
    ),
    "looming": (
        looming,
        {"motion": ["looming", "receding"], "polarity": ["light", "dark"]},
        "sha256:531810b7d00f8c7cdc927ad449cad2ed8d3fbde64aacf856c4344e00027abc18",
    ),
    "looming, linear": (
        looming,
        {"growth": "linear", "speed_deg_s": [40, 90]},
        "sha256:b2637344ea5284ce885eba3b3fb65cbb4cb5da33497b9eab391845af675964ae",
    ),
    "natural_images": (
        natural_images,
        {"repeats": 2, "fit": "pad"},
        "sha256:0c2760341d1e601266a538d801095f12e95410ba3739b88ddde3b11e8d073ac1",
    ),
}
FUNCTIONS = {function.__name__: function for function, *_ in CASES.values()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("images")
    rng = np.random.Generator(np.random.PCG64(0))
    for name in ("tree", "rock", "pond"):
        Image.fromarray(rng.integers(0, 255, (50, 60), np.uint8)).save(
            folder / f"{name}.png"
        )
    return folder


@pytest.fixture(params=list(CASES))
def case(request, folder):
    function, options, fingerprint = CASES[request.param]
    if function is natural_images:
        options = {**options, "folder": folder}
    return function, {**options, "display": SMALL}, fingerprint


def test_same_spec_same_bytes_on_every_machine(case):
    function, options, fingerprint = case
    assert function(**options).fingerprint() == fingerprint


def test_trials_are_on_screen_when_the_table_says_so(case):
    function, options, _ = case
    stimulus = function(**options)
    blank = (all_frames(stimulus) == 128).all(axis=(1, 2))
    end_of_last = 0
    for onset, duration in zip(
        stimulus.trials["onset"], stimulus.trials["duration"], strict=True
    ):
        first, last = round(onset * 30), round((onset + duration) * 30)
        assert onset * 30 == pytest.approx(first)
        assert (onset + duration) * 30 == pytest.approx(last)
        assert blank[end_of_last:first].all()
        # A bar is just outside of the screen at its onset and at its end
        edge = 2 if function is moving_bars else 0
        assert not blank[first + edge : last - edge].any()
        end_of_last = last
    assert blank[end_of_last:].all()
    assert end_of_last < stimulus.n_frames  # grey for late responses


def test_any_split_gives_the_same_frames(case):
    function, options, _ = case
    stimulus = function(**options)
    whole = all_frames(stimulus)
    for k in np.random.default_rng(0).integers(0, stimulus.n_frames, 40):
        np.testing.assert_array_equal(stimulus.frames(k, k + 1)[0], whole[k])


def test_spec_there_and_back_through_json(case):
    function, options, _ = case
    stimulus = function(**options)
    spec = stimulus.spec
    again = spec_from_dict(json.loads(json.dumps(spec.to_dict())))
    assert again == spec
    assert type(again) is type(spec)
    assert hash(again) == hash(spec)
    assert again.hash == spec.hash
    assert spec_from_dict(json.loads(json.dumps(stimulus.attrs))["spec"]) == spec
    np.testing.assert_array_equal(
        again.stimulus().frames(20, 30), stimulus.frames(20, 30)
    )


def test_a_seed_is_an_order(case):
    function, options, _ = case
    options = {**options, "repeats": 6}
    trials = function(**options, seed=1).trials
    assert trials.equals(function(**options, seed=1).trials)
    if trials["condition"].nunique() > 1:
        other = function(**options, seed=2).trials
        assert other["condition"].tolist() != trials["condition"].tolist()
    counts = trials.groupby("repeat")["condition"].nunique()
    assert (counts == len(trials) / 6).all()
    in_order = function(**options, order="sequential").trials
    n = len(in_order) // 6
    once = in_order["condition"].tolist()[:n]
    assert in_order["condition"].tolist() == once * 6
    assert len(set(once)) == n


@pytest.mark.parametrize("name", [n for n in FUNCTIONS if n != "natural_images"])
def test_function_and_spec_have_the_same_parameters_and_defaults(name):
    spec = FUNCTIONS[name]().spec
    assert type(spec)() == spec
    parameters = inspect.signature(FUNCTIONS[name]).parameters
    assert set(parameters) == set(spec.to_dict()) - {"family"}


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
    ("options", "message"),
    [
        ({"repeats": 0}, "repeats is 0"),
        ({"repeats": 10**7}, "would last .* hours"),
        ({"repeats": 2**53}, "would last .* hours"),
        ({"blank_s": -1}, "blank_s is -1"),
        ({"blank_s": 3600, "repeats": 30}, "would last .* hours"),
        ({"order": "any"}, "order is 'any'"),
        ({"seed": -1}, "seed is -1"),
        ({"seed": 0.5}, "seed is 0.5"),
        ({"frame_rate": 0}, "frame_rate is 0"),
        ({"display": "wide"}, "give a Display"),
    ],
)
@pytest.mark.parametrize("name", list(FUNCTIONS))
def test_impossible_trials(name, options, message, folder):
    if name == "natural_images":
        options = {**options, "folder": folder}
    refuse(FUNCTIONS[name], options, message)


def refuse(function, options, message) -> None:
    """The function refuses the options, in one sentence that matches."""
    with pytest.raises(StimulusError, match=message) as error:
        function(**options)
    assert str(error.value).endswith(".")
    assert "\n" not in str(error.value)
