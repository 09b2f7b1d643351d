"""Numbers and tags in specifications: what somebody means who types them."""

from __future__ import annotations

import pytest

from insilico_gui.errors import StimulusError
from insilico_gui.stimuli import load_spec
from insilico_gui.stimuli.spec.plain_yaml import YamlError, read_yaml


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("045", "045"),
        ("-012", "-012"),
        ("0", 0),
        ("0.5", 0.5),
        ("00.5", 0.5),
        ("2.5e+2", 250.0),
        ("0x10", 16),
    ],
)
def test_numbers(text, value):
    read = read_yaml(f"a: {text}")["a"]
    assert read == value
    assert type(read) is type(value)


def test_a_zero_in_front_makes_no_other_number(tmp_path):
    """In YAML 1.1 045 is octal: 37 degrees."""
    path = tmp_path / "a.yaml"
    path.write_text("family: drifting_gratings\ndirections: [000, 045]\n")
    with pytest.raises(StimulusError, match="directions is '000'; give a number"):
        load_spec(path)


@pytest.mark.parametrize(
    "value",
    [
        "!!binary aGk=",
        "!!set {a}",
        "!!timestamp 2020-01-01",
        "!foo 1",
        "!" * 5000 + " a",
    ],
)
def test_tags_are_refused_in_short(value):
    with pytest.raises(YamlError, match=r"^line 1: tags \(!name\) are not read$"):
        read_yaml(f"a: {value}")
