"""Documents: what is refused, and that every one is what its file says."""

from __future__ import annotations

import json
import string
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from insilico_gui.errors import ExperimentError
from insilico_gui.experiment.document import (
    FORMAT,
    RULE,
    AnalysisEntry,
    ArrayStimulus,
    ExperimentDocument,
    FileStimulus,
    ParametricStimulus,
    RunEntry,
    SelectionEntry,
    SessionEntry,
    ViewState,
    json_schema,
)
from insilico_gui.experiment.saving import file
from insilico_gui.stimuli.spec.plain_yaml import read_yaml, write_yaml

LETTERS = string.ascii_letters + string.digits + " _-.()é猫'\"#:{}[]&*!|>%@`,"
NAMES = st.text(LETTERS, min_size=1, max_size=20)
TEXTS = st.text(max_size=30)
HASHES = st.text("0123456789abcdef", min_size=64, max_size=64)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | NUMBERS | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(NAMES, inner, max_size=3)
    ),
    max_leaves=6,
)
PLAIN = st.dictionaries(NAMES, VALUES, max_size=4)
RULES = st.dictionaries(st.sampled_from(sorted(RULE)), VALUES, max_size=4)
PARAMETERS = st.dictionaries(
    st.from_regex(r"[a-z]{2,9}_[a-z0-9]{1,5}", fullmatch=True), VALUES, max_size=4
)
FITS = st.sampled_from(["crop", "pad", "stretch"])
STIMULI = st.one_of(
    st.builds(
        FileStimulus,
        paths=st.lists(TEXTS, min_size=1, max_size=3).map(tuple),
        sha256=st.none() | HASHES,
        frame_rate=st.none() | NUMBERS,
        images=st.booleans(),
        fit=FITS,
    ),
    st.builds(ParametricStimulus, specification=PLAIN, fit=FITS),
    st.builds(ArrayStimulus, sha256=HASHES, frame_rate=st.none() | NUMBERS, fit=FITS),
)


@st.composite
def documents(draw):
    sessions = draw(
        st.dictionaries(
            NAMES,
            st.builds(SessionEntry, id=TEXTS, directory=st.none() | TEXTS),
            min_size=1,
            max_size=3,
        )
    )
    stimuli = draw(st.dictionaries(NAMES, STIMULI, min_size=1, max_size=3))
    session, stimulus = st.sampled_from([*sessions]), st.sampled_from([*stimuli])
    selections = draw(
        st.dictionaries(
            NAMES,
            st.builds(SelectionEntry, session=session, rule=RULES),
            min_size=1,
            max_size=3,
        )
    )
    runs = st.builds(
        RunEntry,
        session=session,
        stimulus=stimulus,
        selection=st.none() | st.sampled_from([*selections]),
        behavior=st.dictionaries(NAMES, HASHES, max_size=2),
        key=st.none() | HASHES,
    )
    analyses = st.builds(
        AnalysisEntry,
        analysis=NAMES,
        session=session,
        stimulus=stimulus,
        parameters=PARAMETERS,
    )
    view = st.builds(
        ViewState,
        session=st.none() | session,
        time_s=st.floats(0, 1e6),
        limits=st.none() | st.tuples(NUMBERS, NUMBERS),
        unit_id=st.none() | st.integers(0, 10**9) | TEXTS,
    )
    several = st.lists(runs, max_size=3, unique_by=lambda r: (r.session, r.stimulus))
    return ExperimentDocument(
        sessions=sessions,
        stimuli=stimuli,
        selections=selections,
        runs=tuple(draw(several)),
        analyses=tuple(draw(st.lists(analyses, max_size=3))),
        view=draw(view),
    )


@settings(
    max_examples=100,
    suppress_health_check=list(HealthCheck),
    deadline=None,
    derandomize=True,
)
@given(document=documents())
def test_a_document_is_what_its_texts_say(document):
    values = file.as_plain(document)
    assert file.parse(read_yaml(write_yaml(values)), "x") == document
    assert file.parse(json.loads(json.dumps(values)), "x") == document


@settings(
    max_examples=5,
    suppress_health_check=list(HealthCheck),
    deadline=None,
    derandomize=True,
)
@given(document=documents())
def test_a_document_is_what_its_file_says(document, tmp_path_factory):
    path = tmp_path_factory.mktemp("x") / "x.insilico.yaml"
    file.save(document, {}, path)
    loaded, _ = file.load(path)
    assert loaded.replace(versions={}) == document


def test_the_published_schema_is_that_of_the_document():
    """``python -m insilico_gui.experiment.document`` prints it."""
    published = Path(__file__).parents[2] / "docs/reference/experiment.schema.json"
    assert json.loads(published.read_text()) == json_schema()


def test_the_schema_names_every_part():
    parts = set(json_schema()["properties"])
    assert parts == set(ExperimentDocument.model_fields)


HEAD = f"format: {FORMAT}\nversion: 1\n"
HOSTILE = {
    "empty": "",
    "no mapping": "- a\n- b\n",
    "another format": "format: spreadsheet\nversion: 1\n",
    "no version": f"format: {FORMAT}\n",
    "text version": f"format: {FORMAT}\nversion: one\n",
    "true version": f"format: {FORMAT}\nversion: true\n",
    "newer": f"format: {FORMAT}\nversion: 99\n",
    "huge version": f"format: {FORMAT}\nversion: {'9' * 400}\n",
    "unknown key": HEAD + "surprise: 1\n",
    "unknown key inside": HEAD + "sessions: {a: {id: demo, extra: 1}}\n",
    "wrong type": HEAD + "sessions: 7\n",
    "wrong type inside": HEAD + "sessions: {a: {id: [1, 2]}}\n",
    "bomb": HEAD + "a: &a [x,x]\nb: &b [*a,*a]\nsessions: {c: *b}\n",
    "tag": HEAD + "sessions: !!python/object/apply:os.system ['true']\n",
    "twice": HEAD + "sessions: {}\nsessions: {}\n",
    "deep": HEAD + "sessions: " + "[" * 5000 + "]" * 5000 + "\n",
    "many": HEAD + "analyses: [" + "{}," * 30000 + "]\n",
    "unknown session": HEAD + "selections: {a: {session: nobody}}\n",
    "unknown stimulus": HEAD
    + "sessions: {a: {id: demo}}\nruns: [{session: a, stimulus: b}]\n",
    "a path as a name": HEAD + "sessions: {../../x: {id: demo}}\n",
    "infinite": HEAD + "stimuli: {a: {kind: array, sha256: a, frame_rate: .inf}}\n",
    "a path as a hash": HEAD
    + "stimuli: {a: {kind: array, sha256: ../../../etc/passwd}}\n",
    "unknown kind": HEAD + "stimuli: {a: {kind: program, run: ls}}\n",
    "no paths": HEAD + "stimuli: {a: {kind: file, paths: []}}\n",
    "long text": HEAD + f"sessions: {{a: {{id: {'x' * 20000}}}}}\n",
    "a color": HEAD + "sessions: {a: {id: d}}\nselections: "
    "{v: {session: a, color: 'url(x)'}}\n",
    "code in a rule": HEAD + "sessions: {a: {id: demo}}\nselections: "
    '{v: {session: a, rule: {"x=1)\\nimport os #": 1}}}\n',
    "code in a parameter": HEAD + "sessions: {a: {id: demo}}\n"
    "stimuli: {b: {kind: array, sha256: c}}\nanalyses: [{analysis: tuning, session: a, "
    'stimulus: b, parameters: {"x=1)\\nimport os #": 1}}]\n',
    "an argument twice": HEAD + "sessions: {a: {id: demo}}\n"
    "stimuli: {b: {kind: array, sha256: c}}\nanalyses: [{analysis: tuning, session: a, "
    "stimulus: b, parameters: {session: c}}]\n",
    "negative time": HEAD + "view: {time_s: -1}\n",
    "bytes": "\x00\x01\x02",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_gets_one_sentence(name, tmp_path):
    path = tmp_path / "x.insilico.yaml"
    path.write_text(HOSTILE[name])
    with pytest.raises(ExperimentError) as error:
        file.load(path)
    said = str(error.value)
    assert "\n" not in said and len(said) < 600 and said.endswith(".")


def test_a_newer_version_says_what_to_do(tmp_path):
    path = tmp_path / "x.insilico.yaml"
    path.write_text(HOSTILE["newer"])
    with pytest.raises(ExperimentError, match=r"newer insilico-gui .*update"):
        file.load(path)


def test_older_versions_are_migrated(monkeypatch):
    monkeypatch.setattr(file, "VERSION", 2)

    def move(values):
        (values,) = [dict(values)]
        values["sessions"] = values.pop("twins")
        return values

    monkeypatch.setitem(file.MIGRATIONS, 1, move)
    monkeypatch.setattr(
        file.ExperimentDocument, "model_validate", lambda values: values
    )
    values = {"format": FORMAT, "version": 1, "twins": {"a": {"id": "demo"}}}
    assert file.parse(values, "x") == {
        "format": FORMAT,
        "version": 2,
        "sessions": {"a": {"id": "demo"}},
    }


def test_a_file_of_others_is_not_replaced(tmp_path):
    path = tmp_path / "x.insilico.yaml"
    path.write_text("mine: true\n")
    with pytest.raises(ExperimentError, match="no experiment"):
        file.save(ExperimentDocument(), {}, path)
    assert path.read_text() == "mine: true\n"
