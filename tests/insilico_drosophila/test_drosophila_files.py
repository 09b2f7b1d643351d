"""Published files of the fly, read and written."""

from __future__ import annotations

import numpy as np
import pytest
from insilico_drosophila import make_synthetic_fly, open_fly
from insilico_drosophila.files import cache
from insilico_drosophila.files.checkpoints import (
    read_network,
    read_recurrent,
    write_network,
    write_recurrent,
)
from insilico_drosophila.files.folder import FlyFolder
from insilico_drosophila.files.losses_log import parse_settings, settings_line
from insilico_drosophila.files.msgpack_tree import packed_tree, read_tree
from insilico_drosophila.files.positions import neuron_positions, neuropil_positions
from insilico_drosophila.files.synapses import read_synapses
from insilico_drosophila.targets import without
from support.drosophila import DATA

from insilico_gui import InsilicoError


def test_rates_and_their_neuropils(fly, golden):
    assert fly.neuropils == tuple(golden["neuropils"])
    np.testing.assert_array_equal(fly.rates_hz, golden["rates_hz"])


def test_rates_of_neurons_become_rates_of_neuropils(fly, golden):
    np.testing.assert_allclose(
        fly.omega.toarray(), golden["map.pre_weights"], atol=1e-8
    )
    np.testing.assert_allclose(
        fly.omega @ golden["map.neuron_fr"], golden["map.neuropil_fr"], rtol=1e-6
    )


def test_synapses_by_the_neurons_that_receive_them(fly, golden):
    connectome = fly.connectome
    found = read_synapses(fly.folder.synapses("630"), connectome.root_ids)
    by_place = found.by_postsynaptic.toarray()
    rows = [connectome.neuropils.index(name) for name in fly.neuropils]
    weights = by_place[rows] / by_place[rows].sum(axis=1, keepdims=True)
    np.testing.assert_allclose(weights, golden["map.post_weights"], atol=1e-8)


def test_a_product_with_the_weights(fly, golden):
    out = fly.connectome.weights.T @ golden["syn.spikes"]
    np.testing.assert_array_equal(out, golden["syn.out"])


def test_checkpoints_hold_the_golden_weights(golden):
    weights = read_network(DATA / "first-round-checkpoint.msgpack", 200, 8)
    for found, name in (
        (weights.lora_a, "lora.A"),
        (weights.lora_b, "lora.B"),
        (weights.input_weight, "in.weight"),
        (weights.input_bias, "in.bias"),
    ):
        np.testing.assert_array_equal(found, golden[f"w.{name}"])
    recurrent = read_recurrent(DATA / "second-round-rnn-checkpoint-v1.msgpack", 8)
    np.testing.assert_array_equal(
        recurrent.gates, golden["rnn.w_after.rnn.Wrz.weight.weight"]
    )
    assert recurrent.n_hidden == 16


def test_checkpoints_are_written_byte_by_byte_as_published(tmp_path):
    first, second = (
        DATA / "first-round-checkpoint.msgpack",
        DATA / "second-round-rnn-checkpoint-v1.msgpack",
    )
    copy = tmp_path / "copy.msgpack"
    write_network(copy, read_network(first, 200, 8))
    assert copy.read_bytes() == first.read_bytes()
    write_recurrent(copy, read_recurrent(second, 8))
    assert copy.read_bytes() == second.read_bytes()


def test_checkpoints_in_another_unit_are_read_in_millivolts(tmp_path, golden):
    tree = read_tree(DATA / "first-round-checkpoint.msgpack")
    in_uv = tree["interaction"]["lora"]["weight_op"]["A"]
    in_uv["mantissa"] = in_uv["mantissa"] * np.float32(500)
    in_uv.update(scale=-6, factor=2.0)
    path = tmp_path / "first.msgpack"
    path.write_bytes(packed_tree(tree))
    np.testing.assert_allclose(
        read_network(path, 200, 8).lora_a, golden["w.lora.A"], rtol=1e-6
    )


def test_a_connectome_comes_from_the_cache_the_second_time(made_folder, monkeypatch):
    folder = FlyFolder(made_folder)
    first = cache.load_connectome(folder, "630")
    monkeypatch.setattr(cache, "read_pairs", None)  # calling it would fail
    second = cache.load_connectome(folder, "630")
    np.testing.assert_array_equal(first.root_ids, second.root_ids)
    assert (first.weights != second.weights).nnz == 0
    assert second.hash == first.hash
    assert second.neuropils == first.neuropils
    np.testing.assert_array_equal(first.transmitter, second.transmitter)


def test_a_damaged_copy_is_remade(made_folder, tmp_path, monkeypatch):
    monkeypatch.setenv("INSILICO_CONNECTOMES", str(tmp_path))
    folder = FlyFolder(made_folder)
    first = cache.load_connectome(folder, "630")
    for copy in tmp_path.glob("*.npz"):
        arrays = dict(np.load(copy))
        arrays["indices"] = arrays.get("indices", np.zeros(1)) + 10_000
        np.savez(copy, **arrays)
    assert (cache.load_connectome(folder, "630").weights != first.weights).nnz == 0
    for copy in tmp_path.glob("*.npz"):
        copy.write_bytes(copy.read_bytes()[:100])
    assert (cache.load_connectome(folder, "630").weights != first.weights).nnz == 0


def test_ids_keep_all_of_their_64_bits(fly):
    lines = (DATA / "Completeness_630_final.csv").read_text().splitlines()[1:]
    assert fly.connectome.root_ids.tolist() == [int(x.split(",")[0]) for x in lines]
    some = fly.connectome.root_ids[[7, 3]]
    np.testing.assert_array_equal(fly.connectome.indices(some.tolist()), [7, 3])


def test_signs_are_those_of_the_presynaptic_cells(made):
    dense = made.connectome.weights.toarray()
    inhibitory = made.connectome.of_transmitter("GABA")
    assert len(inhibitory)
    assert (dense[inhibitory] <= 0).all()
    assert (np.delete(dense, inhibitory, axis=0) >= 0).all()


def test_neurons_of_a_neuropil_are_the_fewest_that_hold_the_share(made):
    connectome = made.connectome
    row = connectome.by_presynaptic.toarray()[connectome.neuropils.index("EB")]
    chosen = connectome.of_neuropil("EB", 0.8)
    assert row[chosen].sum() >= 0.8 * row.sum()
    assert row[chosen].sum() - row[chosen].min() < 0.8 * row.sum()
    assert row[chosen].min() >= np.delete(row, chosen).max()


def test_cutting_a_neuropil_takes_its_share_of_each_pair(made):
    table = cache.load_synapses(made.folder, made.connectome)
    connectome = made.connectome
    left = without(connectome, table, ["EB"]).toarray()
    whole = connectome.weights.toarray()
    expected = np.zeros_like(whole)
    for pre, post, place, count in zip(
        table.pre, table.post, table.neuropil, table.count, strict=True
    ):
        if connectome.neuropils[place] != "EB":
            expected[pre, post] += count
    np.testing.assert_allclose(left, np.sign(whole) * expected, atol=1e-4)


def test_a_neuropil_without_synapses_is_reported(tmp_path):
    folder = make_synthetic_fly(tmp_path, 1, 50, 4)
    path = FlyFolder(folder).rates("2017-10-26_1")
    arrays = dict(np.load(path))
    arrays["areas"][1] = "GNG"
    np.savez(path, **arrays)
    fly = open_fly(folder)
    assert fly.unconnected == ["GNG"]
    run = fly.run(50, frame=0)
    assert "GNG has no synapses; its rate is 0." in run.attrs["health"]
    assert run["neuropil_hz"].sel(neuropil="GNG") == 0


@pytest.mark.parametrize("version", ["630", "783"])
def test_a_made_up_fly_of_either_version_and_any_size(tmp_path, version):
    folder = make_synthetic_fly(
        tmp_path, 0, 1500, 5, n_pairs=9000, version=version, recording="x_1"
    )
    fly = open_fly(folder, version, "x_1", "first-round-checkpoint.msgpack")
    assert fly.connectome.n_neurons == 1500
    assert fly.connectome.n_pairs == pytest.approx(9000, rel=0.1)
    assert fly.rates_hz.shape == (5, 8)
    assert fly.rates_hz.max() <= 45


def test_a_made_up_fly_is_the_same_for_the_same_seed(tmp_path):
    one, two = (make_synthetic_fly(tmp_path / n, 5, 60, 4) for n in "ab")
    three = make_synthetic_fly(tmp_path / "c", 6, 60, 4)
    name = "Connectivity_630_final.parquet"
    assert (one / name).read_bytes() == (two / name).read_bytes()
    assert (one / name).read_bytes() != (three / name).read_bytes()


def test_positions_where_there_are_tables(tmp_path):
    folder = make_synthetic_fly(tmp_path, 1, 50, 4, positions=False)
    assert open_fly(folder).neuropil_positions is None
    (folder / "neuropil_positions.csv").write_text(
        "neuropil,x,y,z\nFB,1,2,3\nEB,4,5,6.5\n"
    )
    found = neuropil_positions(folder, ["EB", "FB", "AL_L"])
    np.testing.assert_array_equal(found[:2], [[4, 5, 6.5], [1, 2, 3]])
    assert np.isnan(found[2]).all()
    fly = open_fly(folder)
    ids = fly.connectome.root_ids
    (folder / "neuron_positions.csv").write_text(f"root_id,x,y,z\n{ids[7]},1,2,3\n")
    found = neuron_positions(folder, ids)
    np.testing.assert_array_equal(found[7], [1, 2, 3])
    assert np.isnan(found[8]).all()


def test_settings_survive_the_log():
    settings = {"mode": "all", "lr": 0.01, "grad_clip": None, "devices": "0", "n": -3}
    assert parse_settings(settings_line(settings), "log") == settings


@pytest.mark.parametrize(
    "line",
    [
        "Namespace(a=__import__('os').getcwd())",
        "Namespace(a=open('x'))",
        "Namespace(**{'a': 1})",
        "Namespace(1)",
        "dict(a=1)",
        "Namespace(a=" + "[" * 5000 + "]" * 5000 + ")",
        "import os",
        "",
        "Namespace(a=1)" + " " * 30_000 + "#",
    ],
)
def test_settings_that_are_code_are_refused(line):
    with pytest.raises(InsilicoError):
        parse_settings(line, "log.txt")
