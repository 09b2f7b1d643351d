"""Flies as sessions that are driven, through the host."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from insilico_drosophila import make_synthetic_fly
from insilico_drosophila.driving import CLOSED_LOOP
from insilico_drosophila.files.checkpoints import read_recurrent
from insilico_drosophila.fitting.recurrent import ClosedLoop, RecurrentNetwork
from insilico_drosophila.network.addressed_events import AddressedEvents
from insilico_drosophila.network.drive import Drive as Kicks
from insilico_drosophila.network.drive import Pulse
from insilico_drosophila.network.events import PoissonEvents
from insilico_drosophila.session import FlySession
from insilico_drosophila.twin import twin
from support.fly_fits import invoke

import insilico_gui as ig
from insilico_gui.drive import DriveSession
from insilico_gui.encoding import DriveJob
from insilico_gui.errors import InsilicoError
from insilico_gui.stimuli import (
    Constant,
    Cut,
    Drive,
    Recorded,
    Samples,
    Silence,
    Stimulate,
    Target,
)

FRAME_S = 1 / 1.2
STRONG = {"scale_mv": 0.02}


@pytest.fixture(scope="module")
def session(made_folder):
    return twin.open("drosophila/630_2017-10-26_1", made_folder, "cpu")


@pytest.fixture(scope="module")
def golden_session(fly):
    return FlySession(fly)


def test_a_fly_says_what_can_be_driven(session):
    about = session.description
    assert isinstance(session, DriveSession) and session.input_kind == "drive"
    assert about.channels == tuple(session.units["unit_id"])
    assert about.groups["transmitter"] == ("ACH", "GABA")
    assert about.recordings["2017-10-26_1"].n_samples == 30
    assert about.recordings["2017-10-26_1"].interval_s == pytest.approx(FRAME_S)
    assert session.recorded("").shape == (30, 8)
    assert len(session.element_ids()) == about.n_elements == 300
    assert {one.name for one in about.options} >= {"lora", "scale_mv", CLOSED_LOOP}


def test_positions_are_in_the_unit_table_where_they_are_known(made_folder, tmp_path):
    folder = shutil.copytree(made_folder, tmp_path / "fly")
    for name in ("neuropil_positions.csv", "neuron_positions.csv"):
        (folder / name).unlink()
    plain = twin.open("drosophila/630_2017-10-26_1", folder, "cpu")
    assert plain.element_positions() is None and "x" not in plain.units
    ids = plain.element_ids()
    (folder / "neuropil_positions.csv").write_text("neuropil,x,y,z\nAL_L,-1.5,2,3\n")
    (folder / "neuron_positions.csv").write_text(f"root_id,x,y,z\n{ids[1]},4,5,6\n")
    session = twin.open("drosophila/630_2017-10-26_1", folder, "cpu")
    assert session.units.set_index("unit_id").loc["AL_L", list("xyz")].tolist() == [
        *(-1.5, 2.0, 3.0)
    ]
    np.testing.assert_array_equal(session.element_positions()[1], [4, 5, 6])


def test_the_hash_of_a_session_is_of_all_its_files(session, fly, golden_session):
    assert session.attrs["weights_hash"] != session.fly.attrs["weights_hash"]
    assert golden_session.attrs["weights_hash"] != session.attrs["weights_hash"]
    assert fly.attrs["weights_hash"].startswith("sha256:")


@pytest.mark.parametrize("seed", [0, 5])
def test_a_drive_is_the_run_of_the_fly(golden_session, fly, seed):
    """Windows of the host are those of the plugin's own run, spike for spike."""
    drive = Drive(
        Recorded(start=5, stop=6), 0.12, seed=seed, options=STRONG, window_s=0.02
    )
    run = fly.run(600, scale_mv=0.02, frame=5, seed=seed, window_ms=20)
    responses = ig.encode(golden_session, drive)
    np.testing.assert_array_equal(responses, run["window_hz"])
    series = responses.attrs["series"]
    np.testing.assert_allclose(
        series["population_rate"]["values"], run["window_population_hz"], 1e-6
    )
    np.testing.assert_allclose(
        series["spiking_share"]["values"], run["window_share_spiking"], 1e-6
    )
    some = np.array([3, 50, 120])
    job = DriveJob(golden_session, drive, spikes_of=some)
    for _ in job.run():
        pass
    times, neurons = job.activity.spikes()
    seen = np.isin(run["spike_neuron"], some)
    np.testing.assert_array_equal(neurons, run["spike_neuron"][seen])
    np.testing.assert_allclose(times, run["spike_step"][seen] * 0.0002)


def test_samples_of_the_base_follow_each_other(session):
    """The drive changes at its samples and nowhere else; the last one is held."""
    one, two = session.fly.rates_hz[[2, 20]]
    names = session.description.channels
    columns = {
        name: [float(a), float(b)] for name, a, b in zip(names, one, two, strict=True)
    }
    switched = Drive(Samples(columns, 0.1), 0.3, options=STRONG, seed=1)
    steady = Drive(Constant(dict(zip(names, map(float, one), strict=True))), 0.3)
    steady = Drive(steady.base, 0.3, options=STRONG, seed=1)
    both = [ig.encode(session, drive).to_numpy() for drive in (switched, steady)]
    np.testing.assert_array_equal(both[0][:2], both[1][:2])
    assert (both[0][2:] != both[1][2:]).any(axis=1).all()
    simulation = session.fly.simulate(0.2, 0.02, embedding_hz=one.astype(float), seed=1)
    simulation.advance(500)
    simulation.set_input(session.fly.input_mv(two))
    counts = []
    for _ in range(4):
        simulation.reset_counts()
        simulation.advance(250)
        counts.append(simulation.neuropil_hz(simulation.counts(), 250))
    np.testing.assert_array_equal(both[0][2:], counts)


def test_control_and_perturbed_have_the_same_random_events(session):
    """Before an event the two are equal; its own kicks do not depend on the others."""
    base, name = Recorded(start=3, stop=4), session.description.channels[0]
    pulse = Stimulate(Target({"neuropil": name}), 200.0, 1.2, 0.1, 0.1)
    other = Stimulate(Target({"transmitter": "GABA"}), 50.0, 0.5, 0.05, 0.1)
    quiet = Silence(Target({"transmitter": "GABA"}), 0.3, 0.05)
    off = {"lora": 0.0, "scale_mv": 0.0}  # neurons by themselves: no effect spreads

    def encode(*events, **options):
        drive = Drive(base, 0.4, events, options=options or STRONG, seed=2)
        return ig.encode(session, drive)

    control, both = encode(), encode(pulse, quiet)
    np.testing.assert_array_equal(both[:2], control[:2])
    assert (
        both[2:4].sel(unit_id=name).mean() > 3 * control[2:4].sel(unit_id=name).mean()
    )
    np.testing.assert_array_equal(both, encode(quiet, pulse))
    np.testing.assert_array_equal(encode(pulse, other), encode(other, pulse))
    alone = encode(pulse, **off)
    np.testing.assert_array_equal(alone[6:], encode(**off)[6:])  # forgotten by then
    assert (encode(quiet, **off)[6] < encode(**off)[6]).all()
    np.testing.assert_array_equal(encode(quiet, **off)[:6], encode(**off)[:6])


def test_silenced_neurons_are_silent_for_their_time(session):
    target = Target({"transmitter": "GABA"})
    quiet = Silence(target, 0.1, 0.1)
    drive = Drive(Recorded(start=3, stop=4), 0.3, [quiet], options=STRONG)
    who = session.elements(target)
    job = DriveJob(session, drive, spikes_of=who)
    for _ in job.run():
        pass
    times, _ = job.activity.spikes()
    during = (times >= 0.1 - 1e-9) & (times < 0.2 - 1e-9)
    assert not during.any() and (times < 0.1).any() and (times > 0.2).any()


def test_a_cut_and_the_low_rank_addition_change_responses(session):
    base = Recorded(start=3, stop=4)
    whole = ig.encode(session, Drive(base, 0.2, options=STRONG))
    name = session.description.regions[0]
    cut = ig.encode(session, Drive(base, 0.2, [Cut(name)], options=STRONG))
    assert not np.array_equal(cut, whole)
    run = session.fly.run(
        1000, frame=3, scale_mv=0.02, silence={"cut": name}, window_ms=50
    )
    np.testing.assert_array_equal(cut, run["window_hz"])
    without = ig.encode(session, Drive(base, 0.2, options={**STRONG, "lora": 0.0}))
    run = session.fly.run(1000, frame=3, scale_mv=0.02, lora=False, window_ms=50)
    np.testing.assert_array_equal(without, run["window_hz"])
    random = ig.encode(session, Drive(base, 0.2, options={"initial": "random"}))
    assert not np.array_equal(random[0], ig.encode(session, Drive(base, 0.2))[0])


def test_a_closed_loop_by_hand(session, made_folder):
    """Frame 1 is driven by what the network predicts of the rates of frame 0."""
    fly = session.fly
    options = {CLOSED_LOOP: True, **STRONG}
    drive = Drive(Recorded(start=4, stop=5), 3 * FRAME_S, options=options, window_s=0.1)
    found = ig.encode(session, drive)
    weights = read_recurrent(made_folder / "second-round-rnn-checkpoint-v1.msgpack", 8)
    loop = ClosedLoop(RecurrentNetwork(weights))
    simulation = fly.simulate(0.2, 0.02, embedding_hz=loop.next(fly.rates_hz[4]))
    rates = simulation.frame(4166, 416)
    simulation.set_input(fly.input_mv(loop.next(rates)))
    simulation.advance(4500 - 4166)  # to 0.9 s, where the tenth window begins
    windows = []
    for _ in range(7):
        simulation.reset_counts()
        simulation.advance(500)
        windows.append(simulation.neuropil_hz(simulation.counts(), 500))
    np.testing.assert_allclose(found[9:16], windows, 1e-5, 1e-4)


def test_events_of_pulses_are_those_of_their_neurons():
    neurons = np.arange(0, 4000, 2)
    whole = table(AddressedEvents(neurons, 0.04, (1, 2)), [400], len(neurons))
    some = table(AddressedEvents(neurons[30:90], 0.04, (1, 2)), [9] * 44 + [4], 60)
    np.testing.assert_array_equal(some, whole[:, 30:90])
    expected = np.sqrt(0.04 * 0.96 / whole.size)
    assert abs(whole.mean() - 0.04) < 5 * expected
    for a, b in ((whole[1:], whole[:-1]), (whole[:, 1:], whole[:, :-1])):
        assert abs(np.corrcoef(a.ravel(), b.ravel())[0, 1]) < 0.01
    other = table(AddressedEvents(neurons, 0.04, (2, 2)), [400], len(neurons))
    assert abs(np.corrcoef(whole.ravel(), other.ravel())[0, 1]) < 0.01
    assert table(AddressedEvents(neurons, 1.0, (1,)), [3, 4], 2000).all()
    assert not table(AddressedEvents(neurons, 0.0, (1,)), [3, 4], 2000).any()


def table(events, blocks, n):
    """Events [steps, neurons] as 0 and 1."""
    found = []
    for n_steps in blocks:
        offsets, neurons = events.block(n_steps)
        hit = np.zeros((n_steps, n))
        hit[np.repeat(np.arange(n_steps), np.diff(offsets)), neurons] = 1
        found.append(hit)
    return np.concatenate(found)


def test_two_pulses_alike_are_independent_and_strength_keeps_events():
    def hits(*pulses):
        source = PoissonEvents(100, 0.0, 0)
        drive = Kicks(source, np.zeros(100, np.float32), pulses, seed=4)
        return [kicks.neurons.tolist() for kicks in drive.block(200)[1:]]

    who = np.arange(100)
    one, strong = Pulse(who, 0.05, 1.0, 0, 200), Pulse(who, 0.05, 9.0, 0, 200)
    (alone,) = hits(one)
    assert hits(strong) == [alone]
    both = hits(one, strong)
    assert both[0] != both[1] and both == hits(strong, one) and alone in both


@pytest.mark.parametrize(
    ("drive", "says"),
    [
        (Drive(Constant({"AL": 5.0}), 0.1), "no channel 'AL'"),
        (Drive(Constant({"AL_L": -5.0}), 0.1), "'AL_L' is -5 Hz"),
        (Drive(Recorded("b_2"), 0.1), "no recording 'b_2'"),
        (Drive(Recorded(stop=31)), "samples 0 to 29"),
        (Drive(events=[Silence(Target({"neuropil": "XX"}))]), "no neuropil 'XX'"),
        (Drive(events=[Silence(Target({"area": "XX"}))]), "no groups by 'area'"),
        (
            Drive(events=[Silence(Target(ids=[2**55 + 1]))]),
            "no neuron 36028797018963969",
        ),
        (Drive(events=[Silence(Target(ids=["7.2e17"]))]), "no whole number"),
        (Drive(events=[Silence(Target(ids=["9" * 19]))]), "not of 64 bits"),
        (Drive(events=[Silence(Target(ids=[-1]))]), "not of 64 bits"),
        (Drive(events=[Cut("XX")]), "no region 'XX'"),
        (
            Drive(events=[Stimulate(Target({"neuropil": "EB"}), 6000.0, 1.0)]),
            "above 5000 Hz",
        ),
        (Drive(duration_s=0.1, options={"lora": 4.0}), "0 to 3"),
        (Drive(duration_s=0.1, step_s=0.1), "not 1e-05 to 0.005 s"),
    ],
)
def test_what_does_not_fit_a_fly_is_one_sentence(session, drive, says):
    with pytest.raises(InsilicoError, match=says) as caught:
        ig.encode(session, drive)
    assert str(caught.value).endswith(".") and "\n" not in str(caught.value)


def test_ids_stay_exact_through_files(session, tmp_path):
    ids = session.element_ids()[:3]
    assert (ids > 2**53).all()
    drive = Drive(duration_s=0.05, events=[Silence(Target(ids=ids))])
    for name in ("a.yaml", "a.json"):
        path = ig.stimuli.save_drive(drive, tmp_path / name)
        (event,) = ig.stimuli.open_drive(path).events
        assert list(event.target.ids) == ids.tolist()
        np.testing.assert_array_equal(session.elements(event.target), [0, 1, 2])
    text = Target(ids=[str(ids[1])])
    np.testing.assert_array_equal(session.elements(text), [1])


def test_health_is_told(session):
    dead = ig.encode(session, Drive(Constant(), 0.05, options={"scale_mv": 0.0}))
    told = dead.attrs["health"]
    assert told == [] or "No neuron spikes" in told[0]
    everyone = Target(ids=session.element_ids())
    wild = Drive(Constant(), 0.05, [Stimulate(everyone, 5000.0, 5.0)])
    assert any("192 Hz" in s for s in ig.encode(session, wild).attrs["health"])


def test_the_folder_of_a_fit_is_a_session(tmp_path):
    fly = make_synthetic_fly(tmp_path / "fly", 3, 40, 6)
    out = tmp_path / "run"
    settings = (
        "--epoch_round1 1 --epoch_round2 1 --batch_size 4 --n_hidden 6 --n_rank 3"
    )
    invoke(f"{fly} --out {out} --dt 5 --max_firing_rate 80 {settings}")
    (info,) = [i for i in ig.session_infos(out) if i.id.startswith("drosophila/")]
    session = ig.open_session(info.id, out)
    assert session.recurrent.parent == out
    assert session.fly.attrs["checkpoint"] == "first-round-checkpoint.msgpack"
    recorded = ig.open_session(info.id, fly).recorded("2017-10-26_1")
    np.testing.assert_allclose(
        session.recorded("2017-10-26_1"), 0.8 * recorded, rtol=1e-6
    )
    responses = ig.encode(session, Drive(Recorded(stop=1), duration_s=0.1))
    assert responses.attrs["weights_hash"] == session.attrs["weights_hash"]
    for text in ("[]", "{}", '{"data": 3}', '{"data": "x", "version": "630"}', "{"):
        (out / "fly.json").write_text(text)
        with pytest.raises(InsilicoError, match=r"fly\.json"):
            ig.open_session(info.id, out)
