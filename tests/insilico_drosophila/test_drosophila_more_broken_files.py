"""Files that are cut off, rounded, in another unit, or much larger than they look."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import msgpack
import numpy as np
import pandas as pd
import pytest
from insilico_drosophila import make_synthetic_fly, open_fly
from insilico_drosophila.files.checkpoints import read_network, read_recurrent
from insilico_drosophila.files.msgpack_tree import packed_tree, read_tree
from support.drosophila import DATA

from insilico_gui import InsilicoError

if TYPE_CHECKING:
    from pathlib import Path

NEURONS = "Completeness_630_final.csv"
PAIRS = "Connectivity_630_final.parquet"
SYNAPSES = "630_connections_processed.csv"
RATES = "spike_rates/ito_2017-10-26_1_spike_rate.npz"
FIRST = "first-round-checkpoint.msgpack"
SECOND = "second-round-rnn-checkpoint-v1.msgpack"


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_synthetic_fly(tmp_path_factory.mktemp("clean"), 2, 60, 6)


@pytest.fixture
def folder(clean: Path, tmp_path: Path) -> Path:
    return shutil.copytree(clean, tmp_path / "fly")


def sentence(folder: Path) -> str:
    with pytest.raises(InsilicoError) as caught:
        open_fly(folder, checkpoint=FIRST)
    text = str(caught.value)
    assert text.endswith(".") and "\n" not in text and len(text) < 400, text
    return text


@pytest.mark.parametrize("part", [0.1, 0.5, 0.97])
@pytest.mark.parametrize("name", [NEURONS, PAIRS, SYNAPSES, RATES, FIRST])
def test_files_that_are_cut_off(folder, name, part):
    content = (folder / name).read_bytes()
    kept = content[: int(part * len(content))]
    if name.endswith(".csv"):  # with a whole last row it is just a shorter table
        kept = kept[: kept.rindex(b",")]
    (folder / name).write_bytes(kept)
    text = sentence(folder)
    if name != NEURONS:  # fewer neurons: other tables name some that are not there
        assert name.split("/")[-1] in text, text


@pytest.mark.parametrize("name", [NEURONS, PAIRS, SYNAPSES, RATES, FIRST])
def test_files_that_are_something_else(folder, name):
    for content in (
        b"",
        b"\x00" * 2000,
        b"\xff\xfe" + b"a\x00" * 500,
        b"\x1f\x8b" * 99,
    ):
        (folder / name).write_bytes(content)
        assert name.split("/")[-1] in sentence(folder)


@pytest.mark.parametrize("step", [128, 1000])
@pytest.mark.parametrize("column", ["pre_root_id", "post_root_id"])
def test_ids_of_synapses_that_a_spreadsheet_rounded(folder, column, step):
    table = pd.read_csv(folder / SYNAPSES, dtype={column: np.int64})
    table[column] = table[column] // step * step
    table.to_csv(folder / SYNAPSES, index=False)
    text = sentence(folder)
    assert SYNAPSES in text and column.split("_")[0] in text


def test_ids_that_went_through_floating_point(folder):
    table = pd.read_parquet(folder / PAIRS)
    for column in ("Presynaptic_ID", "Postsynaptic_ID"):
        wrong = table.astype({column: np.float64})
        wrong.to_parquet(folder / PAIRS, index=False)
        assert "float64" in sentence(folder)
        wrong.astype({column: np.int64}).to_parquet(folder / PAIRS, index=False)
        assert "of another version" in sentence(folder)


TREES = {
    "timestamp": b"\x81\xa1a\xd6\xff\x00\x00\x00\x01",
    "extension in extension": msgpack.packb(
        {"a": msgpack.ExtType(1, msgpack.packb(msgpack.ExtType(1, b"\x93" * 50)))}
    ),
    "arrays nested in an array": msgpack.packb(
        {"a": msgpack.ExtType(1, b"\x91" * 50_000)}
    ),
    "shape of many sizes": msgpack.packb(
        {"a": msgpack.ExtType(1, msgpack.packb([[1] * 64, "float32", b"1234"]))}
    ),
    "map as array": msgpack.packb({"a": msgpack.ExtType(1, b"\x83\xa1a\x01" * 3)}),
    "extension that claims more": b"\x81\xa1a\xc9\x7f\xff\xff\xff\x01" + b"\x00" * 64,
    "bytes that claim more": b"\x81\xa1a\xc6\x7f\xff\xff\xff" + b"\x00" * 64,
    "text that claims more": b"\x81\xdb\x7f\xff\xff\xff" + b"a" * 64,
    "invalid code": b"\x81\xa1a\xc1",
    "names that are no text": b"\x81\xa2\xff\xfe\x01",
    "levels of maps": b"\x81\xa1a" * 40 + b"\x01",
    "the same name in bytes": b"\x81\xc4\x01a\x01",
    "infinite size": msgpack.packb(
        {"a": msgpack.ExtType(1, msgpack.packb([[float("inf")], "float32", b""]))}
    ),
}


@pytest.mark.parametrize("content", TREES.values(), ids=TREES)
def test_more_bombs(tmp_path, content):
    path = tmp_path / "first.msgpack"
    path.write_bytes(content)
    with pytest.raises(InsilicoError, match=r"first\.msgpack.*\.$") as caught:
        read_tree(path)
    assert len(str(caught.value)) < 400


UNITS = {
    "amperes": ({"dim": np.array([0, 0, 0, 1, 0, 0, 0])}, "no voltage"),
    "millisiemens": ({"dim": np.array([-2, -1, 3, 2, 0, 0, 0])}, "no voltage"),
    "six exponents": ({"dim": np.array([2, 1, -3, -1, 0, 0])}, "no voltage"),
    "text": ({"dim": "mV"}, "no voltage"),
    "no scale": ({"scale": "milli"}, "damaged unit"),
    "base 0": ({"base": 0.0}, "damaged unit"),
    "base NaN": ({"base": float("nan")}, "damaged unit"),
    "mantissa of text": ({"mantissa": 3.0}, "real numbers"),
}


@pytest.mark.parametrize(("change", "words"), UNITS.values(), ids=UNITS)
def test_wrong_units(tmp_path, change, words):
    tree = read_tree(DATA / FIRST)
    layer = tree["neural_activity"]["neuropil2neuron"]["layers"]["0"]["weight_op"]
    changed = {**layer["weight"], **change}
    text = {k: v for k, v in changed.items() if isinstance(v, str)}
    layer["weight"] = {k: v for k, v in changed.items() if k not in text}
    if text:  # text is refused as soon as it is read
        words = "neither array nor number"
        layer["weight"] |= text
    path = tmp_path / "first.msgpack"
    path.write_bytes(packed_tree(tree))
    with pytest.raises(InsilicoError, match=words):
        read_network(path, 200, 8)


def part(tree: dict, *names: str) -> dict:
    for name in names:
        tree = tree[name]
    return tree


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.pop("rnn"), "no entry rnn/Wrz"),
        (lambda t: part(t, "readout").update(weight=1.0), "no entry readout/weight"),
        (
            lambda t: part(t, "rnn", "Wh", "weight").update(bias=np.ones(5, "f")),
            r"rnn/Wh/bias of shape \[5\]",
        ),
        (
            lambda t: part(t, "rnn", "Wh", "weight").update(
                bias=np.full(16, np.nan, "f")
            ),
            "NaN",
        ),
        (
            lambda t: part(t, "readout", "weight").update(weight=np.ones(8, "f")),
            "hidden units",
        ),
        (
            lambda t: part(t, "readout", "weight").update(weight=np.ones((0, 8), "f")),
            "0 hidden units",
        ),
    ],
)
def test_recurrent_networks_that_are_none(tmp_path, change, words):
    tree = read_tree(DATA / SECOND)
    change(tree)
    path = tmp_path / SECOND
    path.write_bytes(packed_tree(tree))
    with pytest.raises(InsilicoError, match=words):
        read_recurrent(path, 8)


def test_rates_that_unpack_to_more_than_they_are(folder, monkeypatch):
    arrays = dict(np.load(folder / RATES))
    arrays["rates"] = np.zeros((9, 2_000_000))
    np.savez_compressed(folder / RATES, **arrays)
    assert (folder / RATES).stat().st_size < 500_000
    monkeypatch.setenv("INSILICO_MAX_MEMORY_BYTES", "10000000")
    assert "INSILICO_MAX_MEMORY_BYTES" in sentence(folder)


POSITIONS = {
    "no axis": ("root_id,x,y\n1,2,3\n", "no column z"),
    "text": ("root_id,x,y,z\n1,2,3,far\n", "no numbers"),
    "ids as floats": ("root_id,x,y,z\n7.2E+17,1,2,3\n", "64 bits"),
    "twice": ("root_id,x,y,z\n1,1,2,3\n1,1,2,3\n", "more than once"),
    "rounded": (
        "root_id,x,y,z\n"
        + "".join(f"{720575940600000000 + 1000 * k},1,2,3\n" for k in range(9)),
        "rounded",
    ),
    "nothing": ("", "neuron_positions.csv"),
}


@pytest.mark.parametrize(("text", "words"), POSITIONS.values(), ids=POSITIONS)
def test_positions_that_are_none(folder, text, words):
    (folder / "neuron_positions.csv").write_text(text)
    with pytest.raises(InsilicoError, match=words):
        _ = open_fly(folder).neuron_positions
