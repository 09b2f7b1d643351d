"""What the columns of these unit tables are called, for axes and tables of the host."""

from __future__ import annotations

from insilico_gui.units.columns import ColumnFacts, register

for _name, _facts in {
    "kind": ColumnFacts("kind"),
    "hemisphere": ColumnFacts("hemisphere"),
    "n_neurons": ColumnFacts("recorded neurons"),
    "test_bits_per_spike": ColumnFacts("gain on test trials", "bits/spike"),
    "test_ks_distance": ColumnFacts("distance of rescaled intervals", ends=(0.0, 1.0)),
    "test_ks_p": ColumnFacts("p (rescaled intervals)"),
    "test_ks_bound": ColumnFacts("95 % bound of the distance", ends=(0.0, 1.0)),
    "test_n_spikes": ColumnFacts("spikes in test trials"),
}.items():
    register(_name, _facts)
