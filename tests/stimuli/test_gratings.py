"""Drifting gratings: conditions, trials, levels, and what is refused."""

from __future__ import annotations

import inspect
import json

import numpy as np
import pytest

from insilico_gui.errors import StimulusError
from insilico_gui.stimuli import (
    Display,
    DriftingGratings,
    drifting_gratings,
    spec_from_dict,
)
from insilico_gui.stimuli.render.carrier import phase_of, plane_wave

SMALL = Display(pixels=(36, 64))


def all_frames(stimulus) -> np.ndarray:
    return stimulus.frames(0, stimulus.n_frames)


def is_blank(frames: np.ndarray) -> np.ndarray:
    return (frames == 128).all(axis=(1, 2))


def test_defaults():
    stimulus = drifting_gratings()
    assert (stimulus.frame_shape, stimulus.frame_rate) == ((144, 256), 30.0)
    assert stimulus.n_frames == 16 * 45 + 15
    assert sorted(stimulus.trials["direction"]) == [22.5 * k for k in range(16)]
    assert list(stimulus.trials.columns) == [
        "onset",
        "duration",
        "condition",
        "direction",
        "spatial_frequency",
        "temporal_frequency",
        "contrast",
        "repeat",
    ]


def test_gratings_are_on_screen_when_the_trial_table_says_so():
    stimulus = drifting_gratings(
        n_directions=3, repeats=2, duration_s=0.4, blank_s=0.3, display=SMALL
    )
    blank = is_blank(all_frames(stimulus))
    expected = np.ones(stimulus.n_frames, bool)
    for onset, duration in zip(
        stimulus.trials["onset"], stimulus.trials["duration"], strict=True
    ):
        first, last = onset * 30, (onset + duration) * 30
        assert first == pytest.approx(round(first))
        expected[round(first) : round(last)] = False
    np.testing.assert_array_equal(blank, expected)
    assert blank[:9].all()
    assert not blank[9]
    assert blank[-9:].all() and not blank[-10]


def test_times_are_those_of_whole_frames():
    stimulus = drifting_gratings(
        n_directions=2, duration_s=0.51, blank_s=0.21, order="sequential", display=SMALL
    )
    assert stimulus.trials["duration"].tolist() == [0.5, 0.5]
    assert stimulus.trials["onset"].tolist() == pytest.approx([0.2, 0.9])
    assert stimulus.n_frames == 2 * (6 + 15) + 6


def test_no_blank():
    stimulus = drifting_gratings(n_directions=2, blank_s=0, display=SMALL)
    assert not is_blank(all_frames(stimulus)).any()
    assert stimulus.trials["onset"].tolist() == [0.0, 1.0]


def test_parameters_are_crossed():
    trials = drifting_gratings(
        directions=[0, 90],
        spatial_frequency=[0.02, 0.04],
        temporal_frequency=(1, 2, 4),
        contrast=np.array([0.25, 1.0]),
        display=SMALL,
    ).trials
    names = ["direction", "spatial_frequency", "temporal_frequency", "contrast"]
    assert len(trials) == len(trials[names].drop_duplicates()) == 2 * 2 * 3 * 2
    by_condition = trials.groupby("condition")[names].nunique()
    assert (by_condition == 1).all(axis=None)


def test_random_order_is_a_permutation_in_each_repeat():
    trials = drifting_gratings(n_directions=8, repeats=5, seed=3, display=SMALL).trials
    orders = [group["condition"].tolist() for _, group in trials.groupby("repeat")]
    assert [sorted(order) for order in orders] == [list(range(8))] * 5
    assert len({tuple(order) for order in orders}) == 5
    again = drifting_gratings(n_directions=8, repeats=5, seed=3, display=SMALL).trials
    assert again.equals(trials)
    other = drifting_gratings(n_directions=8, repeats=5, seed=4, display=SMALL).trials
    assert not other.equals(trials)


def test_sequential_order():
    trials = drifting_gratings(
        n_directions=4, repeats=2, order="sequential", display=SMALL
    ).trials
    assert trials["direction"].tolist() == [0, 90, 180, 270] * 2
    assert trials["repeat"].tolist() == [0] * 4 + [1] * 4


def test_a_number_of_directions_in_place_of_directions():
    stimulus = drifting_gratings(directions=8, display=SMALL)
    assert stimulus.spec.directions == tuple(45.0 * k for k in range(8))


def test_directions_are_taken_modulo_360():
    assert drifting_gratings(directions=[-90, 450]).spec.directions == (270.0, 90.0)
    with pytest.raises(StimulusError, match="directions holds a number twice"):
        drifting_gratings(directions=[0, 360])


@pytest.mark.parametrize("contrast", [0.0, 0.1, 0.5, 1.0])
@pytest.mark.parametrize("waveform", ["sine", "square"])
def test_contrast_and_mean(contrast, waveform):
    stimulus = drifting_gratings(
        directions=[30], contrast=contrast, waveform=waveform, blank_s=0
    )
    frames = all_frames(stimulus).astype(float)
    low, high = frames.min(), frames.max()
    assert (high - low) / (high + low) == pytest.approx(contrast * 127 / 128, abs=0.005)
    assert (high - 128, 128 - low) == pytest.approx((127 * contrast,) * 2, abs=0.51)
    assert frames.mean() == pytest.approx(128, abs=0.3)


def test_waveforms_share_their_zero_crossings():
    options = {"directions": [0], "blank_s": 0}
    sine = all_frames(drifting_gratings(**options)).astype(int) - 128
    square = (
        all_frames(drifting_gratings(waveform="square", **options)).astype(int) - 128
    )
    assert set(np.unique(square)) == {-127, 127}
    clear = np.abs(sine) > 1
    assert (np.sign(sine) == np.sign(square))[clear].all()


def test_phase():
    def centre(**options) -> int:
        odd = Display(pixels=(37, 65))  # with a pixel in the centre of the screen
        stimulus = drifting_gratings(directions=[40], blank_s=0, display=odd, **options)
        return int(stimulus.frames(0, 1)[0, 18, 32])

    assert centre() == 255
    assert centre(phase_deg=180) == 1
    assert centre(phase_deg=90) == 128
    assert centre(phase_deg=-60) == pytest.approx(128 + 127 / 2, abs=1)


def test_aperture():
    display = Display()
    options = {"directions": [0], "contrast": 1.0, "display": display}
    stimulus = drifting_gratings(
        size_deg=30, edge_deg=4, center=(0.5, 0.4), waveform="square", **options
    )
    full = drifting_gratings(waveform="square", **options).frames(15, 16)[0].astype(int)
    frame = stimulus.frames(15, 16)[0].astype(int)
    row, column = display.to_pixels(0.5, 0.4)
    y, x = np.mgrid[:144, :256]
    distance = np.hypot(x - column, y - row) * display.degrees_per_pixel[0]
    np.testing.assert_array_equal(frame[distance < 12.9], full[distance < 12.9])
    assert (frame[distance > 17.1] == 128).all()
    weight = np.abs(frame - 128) / 127
    edge = np.abs(distance - 15) < 0.2
    assert weight[edge].mean() == pytest.approx(0.5, abs=0.1)
    ring = (distance > 13) & (distance < 17)
    assert np.corrcoef(weight[ring], distance[ring])[0, 1] < -0.95


def test_sharp_aperture():
    stimulus = drifting_gratings(
        directions=[0], size_deg=30, edge_deg=0, waveform="square", blank_s=0
    )
    assert set(np.unique(stimulus.frames(0, 1))) == {1, 128, 255}


def test_an_aperture_larger_than_the_screen_is_the_full_screen():
    options = {"directions": [70], "contrast": 0.3, "display": SMALL}
    np.testing.assert_array_equal(
        all_frames(drifting_gratings(size_deg=300, **options)),
        all_frames(drifting_gratings(**options)),
    )


def test_any_split_gives_the_same_frames():
    stimulus = drifting_gratings(n_directions=3, size_deg=20, display=SMALL)
    whole = all_frames(stimulus)
    for k in np.random.default_rng(0).permutation(stimulus.n_frames):
        np.testing.assert_array_equal(stimulus.frames(k, k + 1)[0], whole[k])
    with pytest.raises(StimulusError, match="frames 0 to"):
        stimulus.frames(0, stimulus.n_frames + 1)


@pytest.mark.parametrize(
    ("options", "fingerprint"),
    [
        ({}, "sha256:ba58082c0a56a12ca39f022c81c687c2f6a9a7512f53bf811835c77bf5da8fa2"),
        (
            {
                "directions": [0, 33, 247.5],
                "spatial_frequency": [0.02, 0.07],
                "temporal_frequency": 3,
                "contrast": 0.6,
                "size_deg": 35,
                "center": (0.2, -0.3),
                "phase_deg": 45,
                "angles": "exact",
                "display": Display(pixels=(48, 80)),
                "seed": 9,
            },
            "sha256:b9537d9208e69666f0fb9217fd3dffde157bb9fc076b74eaae05e65649254ec8",
        ),
        (
            {"waveform": "square", "repeats": 2, "display": SMALL},
            "sha256:7c025c0b564ef349994c6eb46ff954cf200d1b253ab8a4a2c3b3daaa59301df1",
        ),
    ],
)
def test_same_spec_same_bytes_on_every_machine(options, fingerprint):
    assert drifting_gratings(**options).fingerprint() == fingerprint


@pytest.mark.parametrize("direction", [0, 30, 45, 90, 111.1, 180, 270, 337.5])
def test_phases_do_not_hang_on_the_last_digits(direction):
    """Sines with other rounding errors, as on another machine, change nothing."""
    display = Display()
    phases = plane_wave(display, direction, 0.04, "flat")
    azimuth, elevation = display.pixel_degrees()
    for error in (-4e-16, 4e-16):
        cosine = np.cos(np.radians(direction)) + error
        sine = np.sin(np.radians(direction)) - error
        cycles = 0.04 * (azimuth * cosine + elevation[:, None] * sine)
        np.testing.assert_array_equal(phase_of(cycles), phases)


def test_spec_there_and_back_through_json():
    spec = drifting_gratings(
        directions=[0, 90], size_deg=20, center=(0.5, 0), display=SMALL, seed=5
    ).spec
    again = spec_from_dict(json.loads(json.dumps(spec.to_dict())))
    assert again == spec
    assert isinstance(again, DriftingGratings)
    assert hash(again) == hash(spec)
    assert again.hash == spec.hash
    assert again.stimulus().fingerprint() == spec.stimulus().fingerprint()


def test_equal_specs_have_equal_hashes():
    one = DriftingGratings(directions=[0, 90], contrast=1, center=(-0.0, 0))
    other = DriftingGratings(directions=(360.0, 90.0), contrast=(1.0,), center=(0, 0))
    assert one == other
    assert one.hash == other.hash
    assert one.hash != DriftingGratings(directions=(0, 91)).hash


def test_attributes_hold_the_spec():
    stimulus = drifting_gratings(display=SMALL)
    attrs = json.loads(json.dumps(stimulus.attrs))
    assert attrs["kind"] == "parametric"
    assert spec_from_dict(attrs["spec"]) == stimulus.spec
    assert attrs["spec_hash"] == stimulus.spec.hash


def test_function_and_spec_have_the_same_parameters_and_defaults():
    function = inspect.signature(drifting_gratings).parameters
    spec = DriftingGratings()
    for name, value in spec.to_dict().items():
        if name not in ("family", "display", "directions"):
            default = function[name].default
            plain = (
                [default] if isinstance(value, list) and name != "center" else default
            )
            plain = list(plain) if isinstance(plain, tuple) else plain
            assert plain == value, name
    assert drifting_gratings().spec == spec


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"family": "nothing"}, "no family of stimuli called 'nothing'"),
        ({"family": ["a"]}, "no family of stimuli"),
        ({}, "There is no 'family', so this is not"),
        ({"family": "drifting_gratings", "speed": 3}, "has no parameter speed"),
        (
            {"family": "drifting_gratings", "display": {"width_cm": -1}},
            "width_cm of the display",
        ),
        ({"family": "drifting_gratings", "display": "large"}, "give a Display"),
    ],
)
def test_wrong_dictionaries(values, message):
    with pytest.raises(StimulusError, match=message):
        spec_from_dict(values)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_directions": 0}, "n_directions is 0"),
        ({"n_directions": 2.5}, "n_directions is 2.5"),
        ({"n_directions": 10**9}, "n_directions is 1000000000"),
        ({"directions": []}, "directions is empty"),
        ({"directions": [0, np.nan]}, "directions is nan"),
        ({"directions": "0, 90"}, "directions is '0, 90'"),
        ({"spatial_frequency": 0}, "spatial_frequency of 0"),
        ({"spatial_frequency": -0.04}, "spatial_frequency of -0.04"),
        ({"spatial_frequency": [0.04, 0.7]}, "spatial_frequency of 0.7 .* up to 0.59"),
        ({"temporal_frequency": 0}, "temporal_frequency of 0"),
        ({"temporal_frequency": -2}, "temporal_frequency of -2"),
        ({"temporal_frequency": 15.1}, "temporal_frequency of 15.1 .* up to 14.99 Hz"),
        ({"contrast": 1.1}, "contrast is 1.1"),
        ({"contrast": -0.1}, "contrast is -0.1"),
        ({"contrast": [0.5, 0.5]}, "contrast holds a number twice"),
        ({"duration_s": 0}, "duration_s is 0"),
        ({"duration_s": 0.01}, "less than a frame"),
        ({"duration_s": "1"}, "duration_s is '1'"),
        ({"blank_s": -0.1}, "blank_s is -0.1"),
        ({"repeats": 0}, "repeats is 0"),
        ({"repeats": 1.5}, "repeats is 1.5"),
        ({"repeats": True}, "repeats is True"),
        ({"repeats": 10**6}, "would last .* hours"),
        ({"repeats": 10**400}, "repeats is 1"),
        ({"duration_s": 1e9}, "would last .* hours"),
        ({"size_deg": 0}, "size_deg is 0"),
        ({"size_deg": -5}, "size_deg is -5"),
        ({"size_deg": 1000}, "size_deg is 1000"),
        ({"edge_deg": -1}, "edge_deg is -1"),
        ({"center": (2, 0)}, "x of center is 2"),
        ({"center": (0, -1.5)}, "y of center is -1.5"),
        ({"center": 0}, "center is 0"),
        ({"order": "shuffled"}, "order is 'shuffled'; use random or sequential"),
        ({"waveform": "saw"}, "waveform is 'saw'"),
        ({"angles": "round"}, "angles is 'round'"),
        ({"seed": -1}, "seed is -1"),
        ({"phase_deg": np.inf}, "phase_deg is inf"),
        ({"frame_rate": 0}, "frame_rate is 0"),
        ({"frame_rate": 10**5}, "frame_rate is 100000"),
    ],
)
def test_impossible_gratings(options, message):
    with pytest.raises(StimulusError, match=message) as error:
        drifting_gratings(**options)
    assert str(error.value).endswith(".")
    assert "\n" not in str(error.value)


def test_a_form_can_be_made_of_the_function():
    """Every parameter has a type for which magicgui knows a widget."""
    from magicgui.signature import magic_signature
    from magicgui.type_map import get_widget_class

    signature = magic_signature(drifting_gratings)
    for parameter in signature.parameters.values():
        annotation = parameter.annotation
        if "bind" not in annotation.__metadata__[0]:  # not asked for
            get_widget_class(value=parameter.default, annotation=annotation)
