"""Runs of the spiking network against the published program, and what they offer."""

from __future__ import annotations

import numpy as np
import pytest
from insilico_drosophila.network import circuit as circuit_module
from insilico_drosophila.network import event_engine
from insilico_drosophila.network.circuit import DeviceInputs, HostInputs
from insilico_drosophila.network.dense_engine import DenseEngine
from insilico_drosophila.network.drive import Drive, Pulse
from insilico_drosophila.network.event_engine import EventEngine
from insilico_drosophila.network.events import GivenEvents, PoissonEvents
from insilico_drosophila.network.neuron_model import step_constants
from insilico_drosophila.network.spike_log import SpikeLog
from insilico_drosophila.network.state import resting
from insilico_drosophila.simulation import SpikeRecorder, health

from insilico_gui import InsilicoError
from insilico_gui.session import check_units

CASES = [("ref", 0.2, 0.000825), ("strong", 0.2, 0.02), ("dt025", 0.25, 0.02)]
STRONG = {"dt_ms": 0.2, "scale_mv": 0.02}


def given(golden):
    return golden["poisson.step"], golden["poisson.neuron"]


@pytest.mark.parametrize(("case", "dt", "scale"), CASES)
def test_golden_runs_step_by_step(fly, golden, case, dt, scale):
    run = fly.run(
        n_steps=600,
        dt_ms=dt,
        scale_mv=scale,
        embedding_hz=golden["sim.embedding"],
        v0=golden["v0"],
        g0=golden["g0"],
        poisson_events=given(golden),
        record=("spikes", "v", "g"),
        neurons=range(6),
    )
    want = {k.removeprefix(f"sim.{case}."): v for k, v in golden.items()}
    np.testing.assert_array_equal(run["spike_step"], want["spike_step"])
    np.testing.assert_array_equal(run["spike_neuron"], want["spike_neuron"])
    np.testing.assert_array_equal(run["spike_count"], want["spike_count"])
    for name in ("v", "g"):
        np.testing.assert_allclose(run[name], want[f"{name}_trace"], atol=2e-6)
        np.testing.assert_allclose(run[f"{name}_end"], want[f"{name}_end"], atol=2e-6)
    np.testing.assert_allclose(run["neuropil_hz"], want["neuropil_fr"], atol=1e-4)


def test_a_frame_of_the_recording_is_the_golden_drive(fly, golden):
    kicks = fly.input_mv(fly.rates_hz[5])
    np.testing.assert_allclose(kicks, golden["sim.input_weight"], atol=2e-6)
    one = fly.run(50, frame=5, seed=3)
    two = fly.run(50, embedding_hz=golden["sim.embedding"], seed=3)
    np.testing.assert_array_equal(one["v_end"], two["v_end"])


@pytest.mark.parametrize(("case", "dt", "scale"), CASES)
def test_the_dense_engine_makes_the_same_steps(fly, golden, case, dt, scale):
    """It is what a GPU and training run, here on the CPU."""
    constants = step_constants(dt)
    events = GivenEvents(*given(golden), 200)
    engine = DenseEngine(
        DeviceInputs(fly.circuit(scale), "cpu"),
        constants,
        resting(200, golden["v0"], golden["g0"]),
        Drive(events, golden["sim.input_weight"]),
    )
    recorder = SpikeRecorder(np.arange(6))
    engine.advance(600, recorder)
    steps, neurons = recorder.take()
    np.testing.assert_array_equal(steps, golden[f"sim.{case}.spike_step"])
    np.testing.assert_array_equal(neurons, golden[f"sim.{case}.spike_neuron"])
    np.testing.assert_allclose(recorder.v, golden[f"sim.{case}.v_trace"], atol=2e-6)
    np.testing.assert_allclose(engine.g, golden[f"sim.{case}.g_end"], atol=2e-6)


@pytest.mark.gpu
def test_a_gpu_makes_the_same_spikes(fly, golden):
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    from insilico_drosophila import open_fly
    from support.drosophila import DATA

    there = open_fly(DATA, checkpoint="first-round-checkpoint.msgpack", device="cuda")
    options = {"frame": 5, "poisson_events": given(golden), **STRONG}
    one, two = fly.run(600, **options), there.run(600, **options)
    np.testing.assert_array_equal(one["spike_step"], two["spike_step"])
    np.testing.assert_array_equal(one["spike_neuron"], two["spike_neuron"])


@pytest.mark.parametrize("lora", [0.0, 1.0, 2.5])
def test_both_ways_of_computing_inputs_agree(made, lora):
    circuit = made.circuit(0.02, lora=lora)
    rng = np.random.default_rng(0)
    spikes = rng.random((5, 300)) < 0.1
    spikes[2] = False
    neurons = np.nonzero(spikes)[1]
    host = HostInputs(circuit, 9).compute(neurons, spikes.sum(axis=1))
    torch = pytest.importorskip("torch")
    device = DeviceInputs(circuit, "cpu").compute(torch.from_numpy(spikes))
    pre = spikes.astype(np.float64)
    b = made.weights.lora_b.astype(np.float64)
    want = 0.02 * pre @ made.connectome.weights.toarray()
    want += lora / 20 * (pre @ b) @ made.weights.lora_a
    np.testing.assert_allclose(host, want, atol=2e-6)
    np.testing.assert_allclose(device, want, atol=2e-6)


def test_large_networks_are_computed_in_parts(made, monkeypatch):
    """In parts that these small ones would not need."""
    whole = made.run(400, frame=2, **STRONG)
    monkeypatch.setattr(event_engine, "_CHUNK", 77)
    monkeypatch.setattr(circuit_module, "_PRODUCT", 9 * 20 * 13)
    parts = made.run(400, frame=2, **STRONG)
    np.testing.assert_array_equal(whole["spike_step"], parts["spike_step"])
    np.testing.assert_array_equal(whole["spike_neuron"], parts["spike_neuron"])
    np.testing.assert_allclose(whole["v_end"], parts["v_end"], atol=1e-6)


def test_random_events_do_not_depend_on_blocks():
    whole = PoissonEvents(50, 0.03, 7)
    offsets, neurons = whole.block(1000)
    parts = PoissonEvents(50, 0.03, 7)
    at = 0
    for n in (1, 9, 300, 0, 690):
        inner, some = parts.block(n)
        np.testing.assert_array_equal(some, neurons[offsets[at] : offsets[at + n]])
        np.testing.assert_array_equal(inner, offsets[at : at + n + 1] - offsets[at])
        at += n
    assert at == 1000


def test_random_events_are_poisson():
    offsets, neurons = PoissonEvents(200, 0.004, 1).block(50_000)
    n = 200 * 50_000
    assert abs(len(neurons) - n * 0.004) < 4 * np.sqrt(n * 0.004)
    per_neuron = np.bincount(neurons, minlength=200)
    assert 0.7 < per_neuron.var() / (50_000 * 0.004 * 0.996) < 1.4
    per_step = np.diff(offsets)
    assert abs(per_step.var() / (200 * 0.004 * 0.996) - 1) < 0.05
    both = np.corrcoef(per_step[1:], per_step[:-1])[0, 1]
    assert abs(both) < 0.02


@pytest.mark.parametrize("p", [0.0, 1.0])
def test_random_events_at_both_ends(p):
    offsets, neurons = PoissonEvents(5, p, 0).block(3)
    np.testing.assert_array_equal(np.diff(offsets), [5 * p] * 3)
    np.testing.assert_array_equal(neurons, np.tile(np.arange(5), 3)[: len(neurons)])


def test_given_events_count_once_in_any_order():
    events = GivenEvents([3, 0, 3, 3], [1, 2, 1, 0], 4)
    offsets, neurons = events.block(2)
    assert offsets.tolist() == [0, 1, 1] and neurons.tolist() == [2]
    offsets, neurons = events.block(2)
    assert offsets.tolist() == [0, 0, 2] and neurons.tolist() == [0, 1]


def test_the_log_of_spikes_forgets_what_is_not_looked_back_on():
    log, kept = SpikeLog(5), []
    rng = np.random.default_rng(0)
    for step in range(3000):
        spikes = np.flatnonzero(rng.random(50) < 0.2)
        log.append(spikes)
        kept.append(spikes)
        start, stop = step - 4, step + 1
        some = kept[max(start, 0) : stop]
        np.testing.assert_array_equal(log.between(start, stop), np.concatenate(some))
        counts = [0] * max(-start, 0) + [len(one) for one in some]
        assert log.counts(start, stop).tolist() == counts
    assert log.n_steps == 3000
    assert log.first_step > 0


def test_the_delay_and_the_refractory_time(made):
    """One spike of one neuron, in steps that can be counted."""
    weights = made.connectome.weights
    pre = int(np.argmax(np.abs(weights.data).max() > 0))
    post = int(weights.indices[weights.indptr[pre]])
    constants = step_constants(0.2)
    drive = Drive(PoissonEvents(300, 0.0, 0), np.zeros(300, np.float32))
    state = resting(300, np.eye(300)[pre] * 2, None)
    engine = EventEngine(made.circuit(0.001, lora=0.0), constants, state, drive)
    recorder = SpikeRecorder(np.array([pre, post]))
    engine.advance(60, recorder)
    assert recorder.take()[0].tolist() == [0]
    received = np.array(recorder.g)[:, 1]
    assert np.flatnonzero(received)[0] == 9
    v = np.array(recorder.v)[:, 0]
    assert v[0] == 0
    # a strong kick at every step: the next spike is 26 steps after the first
    always = np.full(300, 2, np.float32)
    drive = Drive(PoissonEvents(300, 1.0, 0), always)
    engine = EventEngine(made.circuit(0.0, lora=0.0), constants, state, drive)
    recorder = SpikeRecorder()
    engine.advance(60, recorder)
    steps, neurons = recorder.take()
    assert steps[neurons == pre].tolist() == [0, 26, 52]


def test_any_split_into_windows_gives_the_same_run(made):
    options = {"frame": 4, "seed": 5, **STRONG}
    whole = made.run(500, **options)
    windows = list(made.stream(500, window_ms=7.4, **options))
    steps = np.concatenate([one.spike_step for one in windows])
    np.testing.assert_array_equal(steps, whole["spike_step"])
    assert [one.stop for one in windows][-1] == 500
    sizes = np.array([one.stop - one.start for one in windows])
    rates = np.array([one.neuropil_hz for one in windows])
    mean = (rates * sizes[:, None]).sum(axis=0) / 500
    np.testing.assert_allclose(mean, whole["neuropil_hz"], rtol=1e-4)


def test_windows_of_a_run(made):
    run = made.run(500, frame=4, window_ms=20, **STRONG)
    assert run["window_hz"].shape == (5, 8)
    assert run["window_end_ms"].values.tolist() == pytest.approx([20, 40, 60, 80, 100])
    np.testing.assert_allclose(
        run["window_hz"].mean("window"), run["neuropil_hz"], rtol=1e-4
    )
    np.testing.assert_allclose(
        run["window_population_hz"].mean(), run["population_hz"], rtol=1e-6
    )
    assert 0 < run["share_spiking"] <= 1


def test_discarded_steps_are_not_counted(made):
    run = made.run(500, frame=4, n_discard=100, **STRONG)
    counted = run["spike_neuron"].values[run["spike_step"].values >= 100]
    np.testing.assert_array_equal(
        run["spike_count"], np.bincount(counted, minlength=300)
    )
    rates = made.omega @ (np.bincount(counted, minlength=300) / (400 * 0.2e-3))
    np.testing.assert_allclose(run["neuropil_hz"], rates, rtol=1e-5)


def test_seeds(made):
    one, same, other = (made.run(300, frame=1, seed=s, **STRONG) for s in (1, 1, 2))
    np.testing.assert_array_equal(one["v_end"], same["v_end"])
    assert (one["v_end"] != other["v_end"]).any()


def test_stimulation_adds_events_and_leaves_the_others(made):
    stimulate = {"neuropil": "EB", "rate_hz": 2000, "strength_mv": 0.6, "onset_ms": 20}
    both = made.compare(
        400, frame=2, stimulate={**stimulate, "duration_ms": 30}, window_ms=10, **STRONG
    )
    control, perturbed = (both["window_hz"].sel(condition=c) for c in both["condition"])
    np.testing.assert_array_equal(control[:2], perturbed[:2])  # before the onset
    change = (perturbed - control).sel(neuropil="EB")
    assert change[2:5].mean() > 50
    assert change[6:].mean() < change[2:5].mean() / 3  # after it
    difference = both["neuropil_hz"].diff("condition").squeeze()
    np.testing.assert_allclose(both["difference_hz"], difference, rtol=1e-6)
    alone = made.run(400, frame=2, **STRONG)
    np.testing.assert_array_equal(both["spike_count"][0], alone["spike_count"])


def test_pulses_have_the_rate_asked_for():
    pulse = Pulse(np.array([3, 5]), 0.2, 1.5, 10, 5010)
    drive = Drive(PoissonEvents(10, 0.0, 0), np.zeros(10, np.float32), [pulse], 4)
    parts = [drive.block(9)[1:] for _ in range(600)]
    events = sum(len(kicks.neurons) for part in parts for kicks in part)
    assert abs(events - 2000) < 4 * np.sqrt(2000 * 0.8)
    kicks = parts[1][0]
    assert kicks.offsets[1] == 0  # step 9 is before the onset
    assert set(kicks.neurons) <= {3, 5} and set(kicks.sizes_mv) <= {np.float32(1.5)}
    assert not parts[0] and not parts[-1]


def test_silenced_neurons_send_nothing(made):
    run = made.run(500, frame=2, silence={"transmitter": "GABA"}, **STRONG)
    quiet = made.connectome.of_transmitter("GABA")
    assert run["spike_count"].values[quiet].sum() == 0
    assert run["v_end"].values[quiet].max() > 1  # above threshold, and forced to 0
    ids = made.connectome.root_ids[quiet]
    same = made.run(500, frame=2, silence=[{"root_ids": ids.tolist()}], **STRONG)
    np.testing.assert_array_equal(run["v_end"], same["v_end"])


def test_a_cut_neuropil_changes_connections_only(made):
    cut = made.run(300, frame=2, silence={"cut": "EB"}, **STRONG)
    whole = made.run(300, frame=2, **STRONG)
    assert (cut["v_end"] != whole["v_end"]).any()
    everything = [{"cut": name} for name in made.neuropils]
    none = made.run(300, frame=2, lora=False, silence=everything, **STRONG)
    unscaled = made.run(300, frame=2, lora=False, dt_ms=0.2, scale_mv=0.0)
    np.testing.assert_array_equal(none["v_end"], unscaled["v_end"])


def test_the_low_rank_part_can_be_scaled_or_left_out(made):
    runs = {
        x: made.run(300, frame=2, lora=x, **STRONG)["v_end"].values
        for x in (False, 0.0, True, 1.0, 3.0)
    }
    np.testing.assert_array_equal(runs[False], runs[0.0])
    np.testing.assert_array_equal(runs[True], runs[1.0])
    assert (runs[0.0] != runs[1.0]).any() and (runs[1.0] != runs[3.0]).any()


def test_health(made):
    silent = made.run(100, embedding_hz=np.zeros(8), scale_mv=0.0, lora=0)
    kicks = made.weights.input_bias.max()
    assert kicks > 0  # the input layer has a bias, so some spike
    dead = made.run(20, frame=0, poisson_events=([], []))
    assert any("No neuron spikes" in one for one in dead.attrs["health"])
    wild = {"indices": np.arange(300), "rate_hz": 4999, "strength_mv": 5}
    assert any(
        "refractoriness" in one
        for one in made.run(300, frame=0, stimulate=wild).attrs["health"]
    )
    torn = {**wild, "strength_mv": 1e38}
    broken = made.run(300, frame=0, stimulate=torn, silence={"indices": [0]})
    assert isinstance(silent.attrs["health"], list)
    assert any("not finite" in one for one in broken.attrs["health"])


@pytest.mark.parametrize(
    ("dt_ms", "hz", "v", "words"),
    [
        (0.2, 5.0, 0.5, ()),
        (0.2, 150.0, 0.5, ()),
        (0.2, 0.0, 0.5, ("No neuron spikes",)),
        (0.2, 190.0, 0.5, ("190 Hz, and 192 Hz is the most",)),  # the limit at 0.2 ms
        (0.01, 199.0, 0.5, ("199 Hz",)),
        (5.0, 201.0, 0.5, ("201 Hz",)),
        (0.2, 5.0, np.nan, ("not finite",)),
        (0.2, 5.0, -np.inf, ("not finite",)),
        (0.2, 0.0, np.inf, ("not finite", "No neuron spikes")),
    ],
)
def test_health_warnings(dt_ms, hz, v, words):
    state = np.array([0.0, v, 0.3], np.float32)
    found = health(hz, state, step_constants(dt_ms))
    assert len(found) == len(words)
    for one, expected in zip(found, words, strict=True):
        assert expected in one


def test_the_drive_can_be_changed_while_it_runs(made):
    simulation = made.simulate(frame=0, **STRONG)
    before = simulation.frame(500, 50)
    simulation.set_input(np.zeros(300, np.float32))
    simulation.advance(500)
    after = simulation.frame(500, 50)
    assert before.mean() > 1 and after.mean() < before.mean() / 5


def test_a_run_says_how_it_was_made(made):
    run = made.run(20, frame=1, seed=9, silence={"indices": [1]})
    assert run.attrs["seed"] == 9 and run.attrs["frame"] == 1
    assert run.attrs["connectome_hash"].startswith("sha256:")
    assert run.attrs["silence"] == "{'indices': [1]}"
    np.testing.assert_array_equal(run["root_id"], made.connectome.root_ids)


def test_progress_of_a_run(made):
    seen = []
    made.run(600, frame=1, on_progress=lambda done, total: seen.append((done, total)))
    assert seen == [(250, 600), (500, 600), (600, 600)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"n_steps": 0},
        {"n_steps": 2.5},
        {"dt_ms": 0},
        {"dt_ms": float("nan")},
        {"dt_ms": 9},
        {"scale_mv": float("inf")},
        {"lora": float("nan")},
        {"frame": 999},
        {"frame": None},
        {"frame": 1, "embedding_hz": np.zeros(8)},
        {"frame": None, "embedding_hz": np.zeros(7)},
        {"frame": None, "embedding_hz": np.full(8, np.nan)},
        {"frame": None, "embedding_hz": np.full(8, -1)},
        {"v0": np.zeros(3)},
        {"g0": np.full(300, np.inf)},
        {"poisson_events": ([1, 2], [1])},
        {"poisson_events": ([1], [300])},
        {"poisson_events": ([-1], [0])},
        {"poisson_events": ([0.5], [0])},
        {"poisson_events": [1, 2, 3]},
        {"record": "spikess"},
        {"record": "v"},
        {"record": "v", "neurons": [300]},
        {"n_discard": 40},
        {"window_ms": 0},
        {"stimulate": "EB"},
        {"stimulate": {"neuropil": "EB"}},
        {"stimulate": {"neuropil": "XX", "rate_hz": 1, "strength_mv": 1}},
        {"stimulate": {"rate_hz": 1, "strength_mv": 1}},
        {"stimulate": {"indices": [1], "rate_hz": 1e6, "strength_mv": 1}},
        {"stimulate": {"indices": [1], "rate_hz": "a", "strength_mv": 1}},
        {"stimulate": {"indices": [1], "hz": 1}},
        {"stimulate": {"indices": [], "rate_hz": 1, "strength_mv": 1}},
        {"silence": {"root_ids": [1]}},
        {"silence": {"root_ids": [7.2e17]}},
        {"silence": {"transmitter": "XX"}},
        {"silence": {"cut": "XX"}},
        {"silence": {"neuropil": "EB", "share": 0}},
        {"silence": {"cut": "EB", "indices": [1]}},
        {"colour": "red"},
    ],
)
def test_wrong_arguments_are_told_in_a_sentence(made, wrong):
    with pytest.raises(InsilicoError) as caught:
        made.run(**{"n_steps": 40, "frame": 0, **wrong})
    assert str(caught.value).endswith(".")


def test_a_comparison_needs_a_perturbation(made):
    with pytest.raises(InsilicoError, match="stimulate or silence"):
        made.compare(40, frame=0)


def test_a_closed_loop_with_the_recurrent_network(made):
    options = {"dt_ms": 2.0, "scale_mv": 0.02, "seed": 3}
    name = "second-round-rnn-checkpoint-v1.msgpack"
    rows = list(made.closed_loop(name, 6, n_true=3, **options))
    assert len(rows) == 6 and rows[0].shape == (8,)
    same = list(made.closed_loop(name, 6, n_true=3, **options))
    np.testing.assert_array_equal(rows, same)
    fewer = list(made.closed_loop(name, 6, n_true=1, **options))
    np.testing.assert_array_equal(rows[0], fewer[0])
    assert (rows[2] != fewer[2]).any()


def test_units_of_the_host_are_neuropils(made, made_folder):
    check_units(made.units, made.id)
    assert made.units["unit_id"].tolist() == list(made.neuropils)
    assert made.units["side"].tolist()[:3] == ["left", "right", "middle"]
    row = made.units.set_index("unit_id").loc["EB"]
    position = made.connectome.neuropils.index("EB")
    makers = made.connectome.by_presynaptic.toarray()[position]
    assert row["synapses"] == makers.sum() and row["neurons"] == (makers > 0).sum()
