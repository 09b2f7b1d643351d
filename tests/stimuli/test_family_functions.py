"""Functions of the families, as they are made of the specifications."""

from __future__ import annotations

import inspect
import pickle
import sys
import typing
from pkgutil import iter_modules

import pytest

from insilico_gui import stimuli
from insilico_gui.stimuli import FAMILIES, RenderedStimulus, families
from insilico_gui.stimuli.spec.family_function import asked_for, specification_of


def test_every_module_of_the_folder_is_found():
    for module in iter_modules(families.__path__):
        assert f"{families.__name__}.{module.name}" in sys.modules


@pytest.mark.parametrize("name", list(FAMILIES))
def test_a_function_tells_its_parameters(name):
    function = FAMILIES[name]
    assert function is getattr(stimuli, name.replace(" ", "_"))
    assert pickle.loads(pickle.dumps(function)) is function
    parameters = inspect.signature(function).parameters
    assert {p.kind for p in parameters.values()} == {inspect.Parameter.KEYWORD_ONLY}
    hints = typing.get_type_hints(function)
    assert hints.pop("return") is RenderedStimulus
    assert list(hints) == list(parameters)
    lines = inspect.getdoc(function).splitlines()
    assert lines[0].startswith("Make ") and lines[0].endswith(" trial table.")
    told = [line.partition(" : ")[0] for line in lines if " : " in line]
    assert [name for name in told if not name.startswith(" ")] == list(parameters)
    with pytest.raises(TypeError, match="too many positional arguments"):
        function(3)


def test_unknown_parameters_are_named():
    with pytest.raises(TypeError, match=r"trippy\(\): got an unexpected .* 'sead'"):
        stimuli.trippy(sead=3)


@pytest.mark.parametrize("name", list(FAMILIES))
def test_every_parameter_has_a_help(name):
    for parameter in asked_for(specification_of(FAMILIES[name])).values():
        assert parameter.help.endswith(".")
