"""The published calls: their names, the order and defaults of arguments, what they give."""

from __future__ import annotations

import importlib
import inspect
import sys

import numpy as np
import pytest
from insilico_berg import BERG, catalogue, registered_models
from insilico_berg.core import exceptions, model_registry, parameter_validator
from insilico_berg.core.model_registry import register_model
from insilico_berg.interfaces.base_model import BaseModelInterface

import insilico_gui as ig
from insilico_gui import opening
from insilico_gui.errors import InsilicoError, SessionError
from insilico_gui.session import ImageSession

VOXELS, EEG, VERTICES, MOUSE = (
    catalogue.VOXELS,
    catalogue.EEG,
    catalogue.VERTICES,
    catalogue.MOUSE,
)
NEEDED = inspect.Parameter.empty

# Module, name, and positional parameters in the published order with their defaults
PUBLISHED = [
    ("insilico_berg", "BERG", [("berg_dir", NEEDED)]),
    ("insilico_berg", "BERG.list_models", []),
    ("insilico_berg", "BERG.get_model_catalog", [("print_format", False)]),
    ("insilico_berg", "BERG.describe", [("model_id", NEEDED)]),
    (
        "insilico_berg",
        "BERG.get_encoding_model",
        [("model_id", NEEDED), ("device", "auto"), ("selection", None)],
    ),
    (
        "insilico_berg",
        "BERG.encode",
        [("model", NEEDED), ("stimulus", NEEDED), ("return_metadata", False)],
    ),
    ("insilico_berg", "BERG.get_model_metadata", [("model_id", NEEDED)]),
    ("insilico_berg.nest", "NEST.which_modalities", []),
    (
        "insilico_berg.nest",
        "NEST.get_encoding_model",
        [
            ("modality", NEEDED),
            ("train_dataset", NEEDED),
            ("model", NEEDED),
            ("subject", NEEDED),
            ("roi", None),
            ("device", "auto"),
        ],
    ),
    (
        "insilico_berg.nest",
        "NEST.encode",
        [
            ("model_dict", NEEDED),
            ("images", NEEDED),
            ("return_metadata", True),
            ("device", "auto"),
        ],
    ),
    (
        "insilico_berg.core.model_registry",
        "register_model",
        [
            ("model_id", NEEDED),
            ("module_path", NEEDED),
            ("class_name", None),
            ("modality", None),
            ("training_dataset", None),
            ("yaml_path", None),
        ],
    ),
    ("insilico_berg.interfaces.base_model", "BaseModelInterface.load_model", []),
    ("insilico_berg.interfaces.base_model", "BaseModelInterface.get_model_id", []),
    ("insilico_berg.interfaces.base_model", "BaseModelInterface.get_metadata", []),
    ("insilico_berg.interfaces.base_model", "BaseModelInterface.cleanup", []),
    ("insilico_berg.interfaces.base_model", "BaseModelInterface.describe", []),
    (
        "insilico_berg.interfaces.base_model",
        "BaseModelInterface.get_supported_parameters",
        [],
    ),
    (
        "insilico_berg.interfaces.base_model",
        "BaseModelInterface.generate_response",
        [("stimulus", NEEDED)],
    ),
    (
        "insilico_berg.api.model",
        "EncodingModel.generate_response",
        [("stimulus", NEEDED), ("show_progress", True)],
    ),
    ("insilico_berg.core.parameter_validator", "validate_subject", None),
    ("insilico_berg.core.parameter_validator", "validate_selection_keys", None),
    ("insilico_berg.core.parameter_validator", "validate_channels", None),
    ("insilico_berg.core.parameter_validator", "validate_binary_array", None),
    ("insilico_berg.core.parameter_validator", "get_selected_indices", None),
    *(
        ("insilico_berg.core.exceptions", name, None)
        for name in (
            *("BERGError", "ModelLoadError", "InvalidParameterError"),
            *("StimulusError", "ModelNotFoundError"),
        )
    ),
]


@pytest.mark.parametrize(("module", "name", "published"), PUBLISHED)
def test_published_calls(module, name, published):
    found = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    if published is None:
        assert callable(found)
        return
    parameters = [
        (p.name, p.default)
        for p in inspect.signature(found).parameters.values()
        if p.kind is p.POSITIONAL_OR_KEYWORD and p.name != "self"
    ]
    assert parameters[: len(published)] == published
    # what is ours comes after, and may be left out
    assert all(default is not NEEDED for _, default in parameters[len(published) :])


CATALOGUE = {
    "fMRI": [
        "Natural Scenes Dataset (NSD) (fsaverage surface space)",
        "Natural Scenes Dataset (NSD) (subject-native volume space)",
    ],
    "EEG": ["THINGS EEG2"],
    "Two-photon calcium imaging": ["Wang et al., 2025"],
}


def test_the_catalogue_is_in_the_words_of_the_cards(berg, capsys):
    assert berg.get_model_catalog() == CATALOGUE
    assert not capsys.readouterr().out
    assert berg.get_model_catalog(True) == CATALOGUE
    assert "EEG: THINGS EEG2" in capsys.readouterr().out


@pytest.mark.parametrize("model_id", catalogue.KNOWN)
def test_descriptions_have_the_published_keys(berg, capsys, model_id):
    card = berg.describe(model_id)
    text = capsys.readouterr().out
    assert text.startswith(f"{model_id}: ")
    assert card["model_id"] == model_id
    assert set(card["model_info"]) == {
        *("modality", "training_dataset", "model_architecture", "creator")
    }
    assert card["model_info"]["training_dataset"] in [
        name for names in CATALOGUE.values() for name in names
    ]
    assert isinstance(card["description"], str)
    assert set(card["input"]) == {"type", "shape", "description", "constraints"}
    assert set(card["output"]) == {"type", "shape", "description", "dimensions"}
    assert isinstance(card["input"]["constraints"], list)
    for dimension in card["output"]["dimensions"]:
        assert set(dimension) == {"name", "description"}
    keys = {"type", "required", "default", "valid_values", "example", "description"}
    for name, parameter in card["parameters"].items():
        assert keys | {"function"} <= set(parameter), name
        by_function = card["parameters_by_function"][parameter["function"]]
        assert by_function[name] == parameter
    assert card["parameters"]["stimulus"]["function"] == "encode"
    selection = card["parameters"]["selection"]
    assert selection["function"] == "get_encoding_model"
    # the card and what is checked say the same
    assert set(selection["properties"]) == set(card["selection"])
    for of_it in selection["properties"].values():
        assert keys <= set(of_it)
    assert set(card["performance"]) == {"metrics", "accuracy_plots"}
    compile(card["example_usage"], "example", "exec")
    assert "from insilico_berg import BERG" in card["example_usage"]
    assert selection["required"] == (model_id == VOXELS)


def test_cards_name_what_there_is():
    card = model_registry.card_of(VOXELS)
    roi = card["parameters"]["selection"]["properties"]["roi"]
    assert tuple(roi["valid_values"]) == catalogue.VOXEL_ROIS
    scans = model_registry.card_of(MOUSE)["parameters"]["train_session"]["valid_values"]
    assert tuple(scans) == catalogue.KNOWN[MOUSE].names
    channels = model_registry.card_of(EEG)["parameters"]["selection"]["properties"]
    assert len(set(channels["channels"]["valid_values"])) == 63


def test_metadata_leave_aside_what_does_not_apply(berg):
    eeg = berg.get_model_metadata(EEG, subject=1, roi="V1")
    assert eeg["eeg"].keys() == berg.get_model_metadata(EEG, subject=1)["eeg"].keys()
    berg.get_model_metadata(VERTICES, subject=1, roi="V1", train_session="x")
    berg.get_model_metadata(VOXELS, subject=1, roi="V1", device="cpu")
    berg.get_model_metadata(MOUSE, train_session="session-9_scan-3", roi="V1")
    berg.get_model_metadata(MOUSE, subject="session-9_scan-3", channels=[])
    with pytest.raises(exceptions.InvalidParameterError, match=r"describe\('eeg"):
        berg.get_model_metadata(EEG, subject=2)
    with pytest.raises(exceptions.ModelNotFoundError):
        berg.get_model_metadata("none", subject=2)


def test_methods_of_a_model(berg, berg_root, voxels, eeg_model, pictures):
    kind = type(voxels)
    assert isinstance(voxels, BaseModelInterface)
    assert kind.get_model_id() == voxels.get_model_id() == VOXELS
    assert type(eeg_model).get_model_id() == EEG
    responses = voxels.generate_response(pictures, show_progress=False)
    np.testing.assert_array_equal(responses, berg.encode(voxels, pictures))
    of_class = kind.get_metadata(berg_dir=berg_root, subject=1, roi="V1")
    assert kind.get_metadata(berg_root, 1, "V1").keys() == of_class.keys()
    assert voxels.get_metadata().keys() == of_class.keys()
    assert kind.get_metadata(model_instance=voxels).keys() == of_class.keys()
    with pytest.raises(exceptions.InvalidParameterError, match="berg_dir"):
        kind.get_metadata()
    eeg = type(eeg_model).get_metadata(berg_dir=berg_root, subject=1)
    assert set(eeg) == {"eeg", "encoding_models"}
    parameters = voxels.get_supported_parameters()
    assert {"subject", "selection", "stimulus"} <= set(parameters)
    assert kind.describe()["parameters"] == parameters
    with pytest.raises(exceptions.InvalidParameterError, match="takes no option"):
        berg.encode(voxels, pictures, nonsense=1)


def test_cleanup(berg, pictures):
    model = berg.get_encoding_model(VOXELS, subject=1, selection={"roi": "V1"})
    model.load_model()
    model.cleanup()
    model.cleanup()
    with pytest.raises(exceptions.InvalidParameterError, match="was closed"):
        berg.encode(model, pictures)


MODULE = '''
import numpy as np
from insilico_berg.core.exceptions import StimulusError
from insilico_berg.core.parameter_validator import (
    get_selected_indices, validate_binary_array, validate_selection_keys, validate_subject,
)
from insilico_berg.interfaces.base_model import BaseModelInterface


class Brightness(BaseModelInterface):
    """Two units that answer how bright pictures are."""

    def __init__(self, berg_dir, device="auto", selection=None, subject=None):
        self.berg_dir, self.device = berg_dir, device
        self.subject = validate_subject(subject, [1, 2])
        validate_selection_keys(selection, ["units"])
        self.rows = np.arange(2)
        if selection:
            mask = validate_binary_array(selection["units"], 2, "units")
            self.rows = get_selected_indices(mask)
        self.weights = None

    def load_model(self):
        self.weights = np.array([1.0, self.subject])

    @classmethod
    def get_model_id(cls):
        return "fmri-mine-brightness"

    @classmethod
    def get_metadata(cls, berg_dir=None, subject=None, model_instance=None):
        if subject == 2:
            raise OSError("no such file")
        return {"fmri": {"n": 2}}

    def generate_response(self, stimulus, show_progress=True):
        if stimulus.ndim != 4:
            raise StimulusError("give pictures")
        return stimulus.mean((1, 2, 3))[:, None] * self.weights[self.rows]

    def cleanup(self):
        self.weights = None
'''

CARD = """
model_id: fmri-mine-brightness
modality: fMRI
training_dataset: Mine
description: How bright a picture is.
parameters:
  subject: {type: int, required: true, valid_values: [1, 2], example: 1, description: who}
  show_progress: {type: bool, default: true, description: bar, function: encode}
output:
  shape: [n, 2]
  dimensions: [{name: images, description: all}, {name: units, description: two}]
"""


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """The id of a model of somebody else."""
    (tmp_path / "my_brightness_model.py").write_text(MODULE)
    (tmp_path / "card.yaml").write_text(CARD)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(model_registry, "_registered", {})
    register_model(
        "fmri-mine-brightness",
        "my_brightness_model",
        "Brightness",
        yaml_path=str(tmp_path / "card.yaml"),
    )
    yield "fmri-mine-brightness"
    sys.modules.pop("my_brightness_model", None)


def test_a_model_of_somebody_else(berg, berg_root, mine, pictures, capsys):
    assert berg.list_models()[-1] == mine
    assert BERG(berg_root).list_models(installed=False)[-1] == mine
    assert "Mine" in berg.get_model_catalog()["fMRI"]
    card = berg.describe(mine)
    assert "How bright" in capsys.readouterr().out
    assert card["parameters"]["subject"]["function"] == "get_encoding_model"
    assert card["parameters"]["subject"]["default"] is None
    assert set(card["parameters_by_function"]) == {"get_encoding_model", "encode"}
    assert card["model_info"]["creator"] is None
    assert berg.get_model_metadata(mine, subject=1, roi="x") == {"fmri": {"n": 2}}
    with berg.get_encoding_model(mine, subject=2, device="cpu") as model:
        responses = berg.encode(model, pictures)
        assert responses.shape == (3, 2)
        np.testing.assert_allclose(responses[:, 1], 2 * responses[:, 0])
        both = berg.encode(model, pictures, return_metadata=True, show_progress=False)
        assert both[1] == {"fmri": {"n": 2}}
        assert model.get_supported_parameters() == card["parameters"]
        assert (model.device, model.berg_dir) == ("cpu", str(berg_root))
        with pytest.raises(exceptions.StimulusError, match="give pictures"):
            berg.encode(model, pictures[0])
    assert model.weights is None
    one = berg.get_encoding_model(mine, selection={"units": [0, 1]}, subject=1)
    assert berg.encode(one, pictures).shape == (3, 1)


def test_a_model_of_somebody_else_is_a_session(berg_root, mine, pictures, monkeypatch):
    monkeypatch.setattr(
        opening, "twins", lambda: {"berg-registered": registered_models}
    )
    assert ig.list_sessions() == []
    names = [f"berg-registered/{mine}/subject-{n}" for n in (1, 2)]
    assert ig.list_sessions(berg_root) == names
    session = ig.open_session(names[1], berg_root, device="cpu")
    assert isinstance(session, ImageSession)
    assert session.units["unit_id"].tolist() == [0, 1]
    responses = np.concatenate(list(session.respond([pictures[:2], pictures[2:]])))
    mean = session.seen(pictures).mean((1, 2, 3))
    np.testing.assert_allclose(responses, np.outer(mean, [1, 2]), rtol=1e-5)
    images = ig.open_images(pictures)
    encoded = ig.encode(session, images)
    np.testing.assert_allclose(encoded.to_numpy(), responses, rtol=1e-5)
    with pytest.raises(SessionError, match="register its model first"):
        ig.open_session("berg-registered/none", berg_root)
    register_model("a-b-c", "my_brightness_model")  # no card, no names of its outputs
    assert ig.list_sessions(berg_root) == names


def test_what_models_of_others_do_wrong_is_told(berg, mine, pictures, tmp_path):
    with pytest.raises(exceptions.InvalidParameterError, match="no subject 3"):
        berg.get_encoding_model(mine, subject=3)
    with pytest.raises(exceptions.InvalidParameterError, match="valid keys: units"):
        berg.get_encoding_model(mine, subject=1, selection={"a": 1})
    with pytest.raises(exceptions.ModelLoadError, match="TypeError"):
        berg.get_encoding_model(mine, nonsense=3)
    with pytest.raises(exceptions.InvalidParameterError, match="no such file"):
        berg.get_model_metadata(mine, subject=2)
    model = berg.get_encoding_model(mine, subject=1)
    model.cleanup()
    with pytest.raises(exceptions.StimulusError, match="could not answer"):
        berg.encode(model, pictures)
    register_model("a-b-c", "no_such_module_at_all")
    with pytest.raises(exceptions.ModelLoadError, match="cannot be imported"):
        berg.get_encoding_model("a-b-c")
    register_model("a-b-c", "my_brightness_model")  # the only one in it
    assert berg.get_encoding_model("a-b-c", subject=1).subject == 1
    register_model("a-b-c", "my_brightness_model", "np")
    with pytest.raises(exceptions.ModelLoadError, match="right class_name"):
        berg.get_encoding_model("a-b-c", subject=1)
    assert berg.get_model_catalog()["a"] == ["b"]
    for wrong in (
        {"model_id": VOXELS, "module_path": "x"},
        {"model_id": "", "module_path": "x"},
        {"model_id": "x", "module_path": None},
        {"model_id": "x", "module_path": "x", "yaml_path": tmp_path / "none.yaml"},
    ):
        with pytest.raises(exceptions.InvalidParameterError):
            register_model(**wrong)
    (tmp_path / "bad.yaml").write_text("- a")
    register_model("x-y-z", "my_brightness_model", yaml_path=tmp_path / "bad.yaml")
    with pytest.raises(exceptions.InvalidParameterError, match="no card"):
        berg.describe("x-y-z")


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda v: v.validate_subject(3, [1, 2]), "no subject 3"),
        (lambda v: v.validate_subject("1", [1, 2]), "is a str"),
        (lambda v: v.validate_selection_keys({"x": 1}, ["b", "a"]), "valid keys: a, b"),
        (lambda v: v.validate_channels([], ["Oz"]), "give a list"),
        (lambda v: v.validate_channels("Oz", ["Oz"]), "give a list"),
        (lambda v: v.validate_channels(["oz"], ["Oz"]), "did you mean"),
        (lambda v: v.validate_binary_array([0, 1], 3, "timepoints"), "'timepoints'"),
        (lambda v: v.validate_binary_array([0, 2], 2), "other than 0 and 1"),
        (lambda v: v.validate_binary_array([0, 0], 2), "no 1"),
    ],
)
def test_published_checks(call, text):
    with pytest.raises(exceptions.InvalidParameterError, match=text):
        call(parameter_validator)


def test_published_checks_pass_what_is_right():
    assert parameter_validator.validate_subject(np.int64(2), range(1, 3)) == 2
    parameter_validator.validate_selection_keys(None, ["a"])
    assert parameter_validator.validate_channels(["Oz", "Oz"], ["O1", "Oz"]) == [
        "Oz",
        "Oz",
    ]
    mask = parameter_validator.validate_binary_array(np.array([0, 1, 1]), 3)
    assert parameter_validator.get_selected_indices(mask).tolist() == [1, 2]
    assert issubclass(exceptions.BERGError, InsilicoError)
