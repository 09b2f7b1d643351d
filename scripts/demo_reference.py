"""Measure the demo with its reference battery and write what is found to its package.

    .venv/bin/python scripts/demo_reference.py

The columns ``OSI``, ``DSI``, ``gOSI``, ``gDSI``, ``pref_dir`` and ``pref_ori`` of the
demo's unit table are read from that file, and so are ``true_OSI``, ``true_DSI``,
``true_gOSI`` and ``true_gDSI``, which follow from the parameters; run this after a
change of the population or of the model
(``tests/insilico_demo/test_demo_reference.py`` says when).
"""

from __future__ import annotations

from pathlib import Path

import insilico_demo
from insilico_demo.filters import build_filters
from insilico_demo.population import demo_population
from insilico_demo.reference import BATTERY, COLUMNS, FILE
from insilico_demo.units import steady_responses, tuning_indices

import insilico_gui as ig


def main() -> None:
    """Measure all units and write the table."""
    session = ig.open_session("demo", device="cpu")
    stimulus = ig.stimuli.drifting_gratings(**BATTERY["stimulus"])
    responses = ig.encode(session, stimulus)
    tuning = ig.analysis.direction_tuning(responses, **BATTERY["analysis"])
    columns = ig.analysis.tuning_columns(tuning)
    table = columns[list(COLUMNS.values())].set_axis([*COLUMNS], axis=1).round(4)
    for name in ("pref_dir", "pref_ori"):
        table[name] = table[name].where(demo_population().tuned).round(2)
    population = demo_population()
    steady = steady_responses(population, build_filters(population))
    for name, values in tuning_indices(steady).items():
        table[f"true_{name}"] = values.round(4)
    path = Path(insilico_demo.__file__).with_name(FILE)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(f"# {demo_population().digest()}\n")
        table.to_csv(file, index_label="unit_id", lineterminator="\n")


if __name__ == "__main__":
    main()
