"""Specifications in YAML and JSON: what is written is read, what is wrong is named."""

from __future__ import annotations

import json
import os
import stat

import numpy as np
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from spec_cases import QUICK, SMALL, parts, quick, sequences

import insilico_gui as ig
from insilico_gui.errors import InsilicoError, StimulusError
from insilico_gui.stimuli import (
    Sequence,
    load_spec,
    natural_images,
    save_spec,
    spec_from_dict,
)
from insilico_gui.untrusted.limits import limit

SUFFIXES = [".yaml", ".yml", ".json"]
FORMATS = [".yaml", ".json"]  # of which ".yml" is none of its own


@pytest.mark.parametrize("suffix", FORMATS)
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(spec=parts | sequences)
def test_round_trip(suffix, spec, tmp_path):
    path = save_spec(spec, tmp_path / f"spec{suffix}", overwrite=True)
    again = load_spec(path)
    assert again == spec
    assert again.hash == spec.hash
    assert again.stimulus().fingerprint() == spec.stimulus().fingerprint()
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


# Numbers whose text is unusual: many digits, exponents
numbers = st.floats(1e-12, 1, exclude_min=True)


@pytest.mark.parametrize("suffix", FORMATS)
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(contrast=st.lists(numbers, min_size=1, max_size=4, unique=True), x=numbers)
def test_numbers_keep_every_digit(suffix, contrast, x, tmp_path):
    spec = quick("drifting_gratings", contrast=contrast, center=(x, -x)).spec
    path = save_spec(spec, tmp_path / f"spec{suffix}", overwrite=True)
    assert load_spec(path) == spec


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    "name", ["plain", "on", "1e3", "010", "naïve 猫", "a: b #c", "~"]
)
def test_folders_of_any_name(suffix, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    os.mkdir(name)
    Image.fromarray(np.zeros((9, 16), np.uint8)).save(f"{name}/no.png")
    spec = natural_images(folder=name, display=SMALL).spec
    assert load_spec(save_spec(spec, f"spec{suffix}")) == spec


def test_files_written_by_hand_need_little(tmp_path):
    path = tmp_path / "mine.yml"
    path.write_text(
        "family: sequence\nblank_s: 2\nparts:\n"
        "- family: drifting_gratings\n  directions: [0, 90]\n"
        "- {family: gaussian_dots, polarity: [on]}\n"
    )
    spec = load_spec(path)
    assert isinstance(spec, Sequence)
    assert spec.blank_s == 2
    assert spec.parts[0].directions == (0, 90)
    assert spec.parts[0].duration_s == 1
    assert spec.parts[1].polarity == ("on",)


def test_any_yaml_reader_reads_the_same(tmp_path):
    spec = Sequence(parts=[quick(family).spec for family in QUICK])
    path = save_spec(spec, tmp_path / "all.yaml")
    assert spec_from_dict(yaml.safe_load(path.read_text())) == spec


def test_a_saved_specification_opens_as_a_stimulus(tmp_path):
    spec = Sequence(parts=[quick("looming").spec, quick("trippy").spec])
    for suffix in SUFFIXES:
        stimulus = ig.open_stimulus(save_spec(spec, tmp_path / f"battery{suffix}"))
        assert stimulus.spec == spec
        assert stimulus.trials.equals(spec.trials)
    with pytest.raises(StimulusError, match="has its own frame rate"):
        ig.open_stimulus(tmp_path / "battery.yml", frame_rate=30)


def test_writing_is_all_or_nothing(tmp_path, monkeypatch):
    spec = quick("trippy").spec
    path = save_spec(spec, tmp_path / "a.yaml")
    assert stat.S_IMODE(path.stat().st_mode) & 0o444
    with pytest.raises(StimulusError, match="exists already"):
        save_spec(quick("looming").spec, path)
    assert load_spec(path) == spec

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_text", full)
    with pytest.raises(StimulusError, match="the disk is full"):
        save_spec(quick("looming").spec, path, overwrite=True)
    assert load_spec(path) == spec
    assert [p.name for p in tmp_path.iterdir()] == ["a.yaml"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a.txt", "no format of a specification"),
        ("a", "no format of a specification"),
        ("missing/a.yaml", "folder .* does not exist"),
        ("folder.yaml", "exists already"),
    ],
)
def test_wrong_targets_are_refused(name, message, tmp_path):
    (tmp_path / "folder.yaml").mkdir()
    with pytest.raises(StimulusError, match=message):
        save_spec(quick("trippy").spec, tmp_path / name)


def test_other_wrong_things_are_refused(tmp_path):
    (tmp_path / "folder.yaml").mkdir()
    with pytest.raises(StimulusError, match="is a folder"):
        save_spec(quick("trippy").spec, tmp_path / "folder.yaml", overwrite=True)
    with pytest.raises(StimulusError, match="RenderedStimulus is no specification"):
        save_spec(quick("trippy"), tmp_path / "a.yaml")


def test_folders_with_damaged_names(tmp_path):
    name = os.fsdecode(b"\xff")
    (tmp_path / name).mkdir()
    Image.fromarray(np.zeros((9, 16), np.uint8)).save(tmp_path / name / "a.png")
    spec = natural_images(folder=str(tmp_path / name)).spec
    for suffix in SUFFIXES:
        assert load_spec(save_spec(spec, tmp_path / f"a{suffix}")) == spec


WRONG = {
    "empty.yaml": ("", "is empty"),
    "comment.yaml": ("# nothing", "needs a family"),
    "list.yaml": ("- family: trippy", "needs a family"),
    "list.json": ("[]", "needs a family"),
    "text.yaml": ("trippy", "needs a family"),
    "none.yaml": ("seed: 3", "There is no 'family', so this is not"),
    "family.yaml": ("family: gratings", "no family .* 'gratings'; known are contrast"),
    "family.json": ('{"family": ["trippy"]}', "no family .* \\['trippy'\\]"),
    "key.yaml": ("family: trippy\nsead: 3", "trippy has no parameter sead; it has"),
    "type.yaml": ("family: trippy\nseed: high", "seed is 'high'"),
    "bool.yaml": ("family: trippy\nseed: true", "seed is True"),
    "nan.yaml": ("family: trippy\ncontrast: .nan", "contrast is nan"),
    "nan.json": ('{"family": "trippy", "contrast": NaN}', "NaN is no number"),
    "inf.yaml": ("family: trippy\nframe_rate: .inf", "frame_rate is inf"),
    "display.yaml": ("family: trippy\ndisplay: big", "display is 'big'"),
    "pixels.yaml": (
        "family: trippy\ndisplay: {pixels: [.inf, 3]}",
        "The display has \\[inf, 3\\] pixels",
    ),
    "of_display.yaml": ("family: trippy\ndisplay: {size: 3}", "display cannot be made"),
    "twice.yaml": ("family: trippy\nseed: 1\nseed: 2", "line 3: 'seed' is there twice"),
    "twice.json": ('{"family": "trippy", "seed": 1, "seed": 2}', "'seed' is there twi"),
    "number.yaml": ("family: trippy\n1: 2", "line 2: 1 is no name"),
    "complex.yaml": ("family: trippy\n? [a, b]\n: 2", "is no name"),
    "syntax.yaml": ("family: [trippy", "cannot be read as YAML, line 1"),
    "syntax.json": ('{"family": "trippy",}', "cannot be read as JSON, line 1"),
    "tag.yaml": ("!!python/object/apply:os.getcwd []", "tags"),
    "alias.yaml": ("family: trippy\nseed: &a 3\nn_clips: *a", "line 3: references"),
    "two.yaml": ("family: trippy\n---\nfamily: trippy", "cannot be read as YAML"),
    "deep.yaml": ("[" * 100_000, "cannot be read as YAML"),
    "deep.json": ("[" * 4_000, "cannot be read as JSON"),
    "many.json": ("[" * 100_000, "INSILICO_MAX_SPEC_ENTRIES"),
    "digits.json": ('{"family": "trippy", "seed": ' + "9" * 9999 + "}", "as JSON"),
    "digits.yaml": ("family: trippy\nseed: " + "9" * 9999, "as YAML"),
    "large.yaml": ("#" * (limit("spec_bytes") + 1), "INSILICO_MAX_SPEC_BYTES"),
    "control.yaml": ("family: trippy\0", "characters that are no text"),
    "nested.yaml": (
        "family: sequence\nparts: [{family: trippy, contrast: 7}]",
        "Part 1 of the sequence: contrast is 7",
    ),
}


@pytest.mark.parametrize("name", list(WRONG))
def test_wrong_files_are_named(name, tmp_path):
    content, message = WRONG[name]
    (tmp_path / name).write_text(content)
    with pytest.raises(StimulusError, match=message) as caught:
        ig.open_stimulus(tmp_path / name)
    assert name in str(caught.value)
    assert len(str(caught.value)) < 600
    assert "\n" not in str(caught.value)


def test_files_of_other_kinds_are_refused(tmp_path):
    (tmp_path / "a.yaml").write_bytes(b"\x00\x01\xff\xfe" * 50)
    with pytest.raises(StimulusError, match="cannot be read as YAML"):
        load_spec(tmp_path / "a.yaml")
    np.save(tmp_path / "b.npy", np.zeros((2, 3, 4), np.uint8))
    (tmp_path / "b.npy").rename(tmp_path / "b.json")
    with pytest.raises(StimulusError, match="cannot be read as JSON"):
        load_spec(tmp_path / "b.json")
    with pytest.raises(StimulusError, match="There is no file"):
        load_spec(tmp_path / "c.json")
    with pytest.raises(StimulusError, match="cannot be opened"):
        load_spec("a\0.json")
    (tmp_path / "folder.json").mkdir()
    with pytest.raises(StimulusError, match="is a folder"):
        load_spec(tmp_path / "folder.json")
    with pytest.raises(StimulusError, match="no format"):
        load_spec(tmp_path / "b.npy")


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["random", "on", 0, 1, 2, 0.5, -1, 1e300, 2**53, 2**70]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5), inner, max_size=2)
    ),
    max_leaves=4,
)


@settings(max_examples=250, deadline=None)
@given(st.data())
def test_any_value_is_taken_or_named(data):
    """Whatever stands in a file, the spec exists or an error of ours says why."""
    family = data.draw(st.sampled_from(sorted(QUICK)))
    values = quick(family).spec.to_dict()
    name = data.draw(st.sampled_from([*values, "display.pixels", "display.width_cm"]))
    value = data.draw(plain)
    if name.startswith("display."):
        values["display"] = {**values["display"], name.partition(".")[2]: value}
    else:
        values[name] = value
    try:
        spec = spec_from_dict(values)
    except InsilicoError as error:
        assert str(error)
    else:
        assert spec_from_dict(json.loads(json.dumps(spec.to_dict()))) == spec
