"""Whatever is wrong with a file, one sentence says so."""

from __future__ import annotations

import shutil
import struct
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
    from collections.abc import Callable
    from pathlib import Path

NEURONS = "Completeness_630_final.csv"
PAIRS = "Connectivity_630_final.parquet"
SYNAPSES = "630_connections_processed.csv"
RATES = "spike_rates/ito_2017-10-26_1_spike_rate.npz"
FIRST = "first-round-checkpoint.msgpack"


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_synthetic_fly(tmp_path_factory.mktemp("clean"), 2, 60, 6)


@pytest.fixture
def folder(clean: Path, tmp_path: Path) -> Path:
    return shutil.copytree(clean, tmp_path / "fly")


def refused(folder: Path, *words: str) -> None:
    with pytest.raises(InsilicoError) as caught:
        open_fly(folder, checkpoint=FIRST)
    text = str(caught.value)
    assert text.endswith(".") and "\n" not in text, text
    for word in words:
        assert word in text, text


def pairs(folder: Path, change: Callable[[pd.DataFrame], object]) -> None:
    table = pd.read_parquet(folder / PAIRS)
    changed = change(table)
    (table if changed is None else changed).to_parquet(folder / PAIRS, index=False)


def lines(path: Path, change: Callable[[list[str]], list[str]]) -> None:
    path.write_text("\n".join(change(path.read_text().splitlines())) + "\n")


def test_the_folder_itself_is_read(folder):
    assert open_fly(folder, checkpoint=FIRST).connectome.n_neurons == 60


def test_rows_of_pairs_may_be_in_any_order(folder, clean):
    pairs(folder, lambda t: t.sample(frac=1, random_state=0))
    one, two = open_fly(folder).connectome, open_fly(clean).connectome
    assert (one.weights != two.weights).nnz == 0


def test_pairs_that_are_there_twice_add_up(folder, clean):
    pairs(folder, lambda t: pd.concat([t, t]))
    one, two = open_fly(folder).connectome, open_fly(clean).connectome
    assert (one.weights != 2 * two.weights).nnz == 0


def test_a_sorted_table_of_neurons(folder):
    lines(folder / NEURONS, lambda rows: [rows[0], *reversed(rows[1:])])
    refused(folder, PAIRS, "was sorted, or is of another version")


def test_a_sorted_table_of_neurons_against_synapses(folder):
    lines(folder / NEURONS, lambda rows: [rows[0], *reversed(rows[1:])])
    pairs(folder, lambda t: t.drop(columns=["Presynaptic_ID", "Postsynaptic_ID"]))
    refused(folder, SYNAPSES, "was sorted")


@pytest.mark.parametrize("index", [-1, 60, 2**40])
@pytest.mark.parametrize("column", ["Presynaptic_Index", "Postsynaptic_Index"])
def test_an_index_out_of_range(folder, index, column):
    def change(table: pd.DataFrame) -> None:
        table.loc[3, column] = index

    pairs(folder, change)
    refused(folder, f"Row 4 of {PAIRS}", column, str(index), "0 to 59")


def test_an_index_out_of_range_among_synapses(folder):
    def change(rows: list[str]) -> list[str]:
        rows[2] = rows[2].rsplit(",", 1)[0] + ",77"
        return rows

    lines(folder / SYNAPSES, change)
    refused(folder, SYNAPSES, "post_index 77")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.drop(columns="Presynaptic_Index"), ["Presynaptic_Index"]),
        (lambda t: t.astype({"Postsynaptic_Index": float}), ["float64"]),
        (lambda t: t.astype({"Excitatory x Connectivity": str}), ["whole numbers"]),
        (lambda t: t.assign(**{"Excitatory x Connectivity": 2**30}), ["synapses"]),
        (
            lambda t: t.assign(
                Presynaptic_Index=t["Presynaptic_Index"].mask(t.index == 2)
            ),
            ["empty cells"],
        ),
    ],
)
def test_columns_of_pairs(folder, change, words):
    pairs(folder, change)
    refused(folder, PAIRS, *words)


def test_a_cut_off_or_other_file_of_pairs(folder):
    content = (folder / PAIRS).read_bytes()
    (folder / PAIRS).write_bytes(content[: len(content) // 2])
    refused(folder, PAIRS)
    (folder / PAIRS).write_text("a,b\n1,2\n")
    refused(folder, PAIRS)


def test_ids_of_a_spreadsheet(folder):
    def rounded(step: int) -> Callable[[list[str]], list[str]]:
        return lambda rows: [
            rows[0],
            *(f"{int(r.split(',')[0]) // step * step},True" for r in rows[1:]),
        ]

    original = (folder / NEURONS).read_text()
    for step in (128, 1000):
        lines(folder / NEURONS, rounded(step))
        refused(folder, NEURONS, "rounded", "2^53")
        (folder / NEURONS).write_text(original)
    lines(folder / NEURONS, lambda rows: [*rows[:4], "7.20576E+17,True", *rows[5:]])
    refused(folder, "Line 5 of", "7.20576E+17", "rounded")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("abc,True", ["Line 5", "abc"]),
        (",True", ["Line 5"]),
        ("99999999999999999999999,True", ["Line 5", "64 bits"]),
        ("9223372036854775808,True", ["Line 5", "64 bits"]),
    ],
)
def test_rows_of_neurons(folder, row, words):
    lines(folder / NEURONS, lambda rows: [*rows[:4], row, *rows[5:]])
    refused(folder, NEURONS, *words)


def test_a_neuron_twice_or_none(folder):
    lines(folder / NEURONS, lambda rows: [*rows, rows[1]])
    refused(folder, NEURONS, "more than once")
    (folder / NEURONS).write_text(",Completed\n")
    refused(folder, NEURONS, "no neurons")


@pytest.mark.parametrize(
    ("cell", "value"), [(3, "many"), (3, "-4"), (3, "1.5"), (0, "7.2E+17"), (5, "")]
)
def test_cells_of_synapses(folder, cell, value):
    def change(rows: list[str]) -> list[str]:
        cells = rows[4].split(",")
        cells[cell] = value
        return [*rows[:4], ",".join(cells), *rows[5:]]

    lines(folder / SYNAPSES, change)
    refused(folder, SYNAPSES)


def test_a_table_of_synapses_without_a_column_or_rows(folder):
    lines(
        folder / SYNAPSES, lambda rows: [rows[0].replace("neuropil", "area"), *rows[1:]]
    )
    refused(folder, "no column neuropil")
    (folder / SYNAPSES).write_text("")
    refused(folder, SYNAPSES)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"rates": np.full((9, 6), np.nan)}, ["NaN", "AL_L"]),
        ({"rates": np.full((9, 6), np.inf)}, ["infinite"]),
        ({"rates": -np.ones((9, 6))}, ["negative"]),
        ({"rates": np.ones((9, 6, 2))}, ["[9, 6, 2]"]),
        ({"rates": np.ones((8, 6))}, ["[8, 6]", "9 areas"]),
        ({"rates": np.ones((9, 1))}, ["two frames"]),
        ({"rates": np.full((9, 6), "a")}, ["numbers"]),
        ({"areas": np.array(["EB"] * 9)}, ["EB twice"]),
        ({"areas": np.arange(9)}, ["names"]),
        ({"areas": None}, ["no array areas"]),
        ({"rates": np.full((9, 6), None)}, ["objects"]),
    ],
)
def test_rates(folder, changes, words):
    arrays = dict(np.load(folder / RATES)) | changes
    np.savez(folder / RATES, **{k: v for k, v in arrays.items() if v is not None})
    refused(folder, *words)


def test_rates_that_are_no_file_of_arrays(folder):
    (folder / RATES).write_bytes(b"PK\3\4" + b"0" * 100)
    refused(folder, "ito_2017-10-26_1_spike_rate.npz")


def test_what_is_missing_is_named(folder):
    (folder / SYNAPSES).unlink()
    refused(folder, SYNAPSES)
    with pytest.raises(InsilicoError, match="783"):
        open_fly(folder, "783")
    with pytest.raises(InsilicoError, match="There is no version '999'"):
        open_fly(folder, "999")


def test_another_recording_or_checkpoint(folder):
    with pytest.raises(InsilicoError, match="recordings there: 2017-10-26_1"):
        open_fly(folder, recording="2018-01-01_1")
    with pytest.raises(InsilicoError, match=r"There is no file other\.msgpack"):
        open_fly(folder, checkpoint="other.msgpack")


BOMBS = {
    "array": b"\xdd\xff\xff\xff\xff",
    "map": b"\xdf\xff\xff\xff\xff",
    "text": b"\xdb\xff\xff\xff\xff",
    "bytes": b"\xc6\xff\xff\xff\xff",
    "extension": b"\xc9\xff\xff\xff\xff\x01",
    "nested arrays": b"\x91" * 100_000,
    "nested maps": b"\x81\xa1a" * 3000 + b"\xc0",
    "wide arrays in arrays": b"\xdc\x00\x63" * 500,
    "more after the end": b"\x80\x80",
    "nothing": b"",
    "cut off": b"\x81\xa1a",
    "a number": b"\x01",
    "whole numbers as names": b"\x81\x01\x01",
    "another extension": b"\x81\xa1a\xd4\x05\x00",
    "text as weight": b"\x81\xa1a\xa1b",
}


def an_array(shape: object, name: object, content: object) -> bytes:
    inner = msgpack.packb([shape, name, content])
    return msgpack.packb({"a": msgpack.ExtType(1, inner)})


ARRAYS = {
    "too large": an_array([2**40], "float32", b"1234"),
    "larger than an address": an_array([2**62, 2**62], "float32", b"1234"),
    "negative": an_array([-1, -1], "float32", b"1234"),
    "objects": an_array([1], "object", b"12345678"),
    "no bytes": an_array([1], "float32", "1234"),
    "truth as size": an_array([True], "float32", b"1234"),
    "no shape": an_array(None, "float32", b"1234"),
    "two parts": msgpack.packb({"a": msgpack.ExtType(1, msgpack.packb([1, 2]))}),
    "an array in it": msgpack.packb(
        {"a": msgpack.ExtType(1, msgpack.packb([msgpack.ExtType(1, b""), 1, 2]))}
    ),
}


@pytest.mark.parametrize("content", (BOMBS | ARRAYS).values(), ids=(BOMBS | ARRAYS))
def test_checkpoints_that_are_bombs_or_damaged(tmp_path, content):
    path = tmp_path / "first.msgpack"
    path.write_bytes(content)
    with pytest.raises(InsilicoError, match=r"first\.msgpack.*\.$"):
        read_tree(path)


def weights(change: Callable[[dict], object]) -> bytes:
    tree = read_tree(DATA / FIRST)
    change(tree)
    return packed_tree(tree)


def a(tree: dict) -> dict:
    return tree["interaction"]["lora"]["weight_op"]


def layer(tree: dict) -> dict:
    return tree["neural_activity"]["neuropil2neuron"]["layers"]["0"]["weight_op"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.pop("interaction"), "no entry interaction/lora"),
        (lambda t: a(t).update(B=a(t)["B"][:, :3]), r"B of shape \[200, 3\]"),
        (lambda t: a(t)["A"].update(mantissa=np.zeros((0, 200), "f")), "rank 0"),
        (lambda t: a(t).update(B=a(t)["B"] * np.float32("nan")), "NaN"),
        (lambda t: a(t).update(B=a(t)["B"].astype(int)), "real numbers"),
        (lambda t: a(t)["A"].pop("dim"), "without a unit"),
        (lambda t: a(t)["A"].update(dim=np.zeros(7)), "no voltage"),
        (lambda t: a(t)["A"].update(scale=1e300), "damaged unit"),
        (lambda t: a(t)["A"].update(factor=float("nan")), "damaged unit"),
        (
            lambda t: layer(t)["weight"].update(mantissa=np.ones((9, 200), "f")),
            r"\[9, 200\]",
        ),
        (lambda t: layer(t)["bias"].update(mantissa=np.ones((1, 200), "f")), "bias"),
    ],
)
def test_weights_of_another_rank_or_size(tmp_path, change, words):
    path = tmp_path / "first.msgpack"
    path.write_bytes(weights(change))
    with pytest.raises(InsilicoError, match=words):
        read_network(path, 200, 8)


def test_weights_of_another_fly(folder):
    shutil.copy(DATA / FIRST, folder / FIRST)
    refused(folder, FIRST, "60 neurons")
    with pytest.raises(InsilicoError, match="9 neuropils"):
        read_recurrent(DATA / "second-round-rnn-checkpoint-v1.msgpack", 9)


def test_a_parquet_file_that_claims_many_rows(folder, monkeypatch):
    monkeypatch.setenv("INSILICO_MAX_MEMORY_BYTES", "2000")
    refused(folder, PAIRS, "INSILICO_MAX_MEMORY_BYTES")


def test_a_map_of_many_small_maps_is_refused_early(tmp_path):
    """Each level may claim little, so the claims cannot add up to much."""
    path = tmp_path / "first.msgpack"
    path.write_bytes(struct.pack(">BI", 0xDF, 101) + b"\xa1a\x01" * 101)
    with pytest.raises(InsilicoError):
        read_tree(path)
