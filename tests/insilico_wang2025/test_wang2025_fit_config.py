"""``config.yaml`` of the published training script, and settings."""

from __future__ import annotations

import pytest
from insilico_wang2025.fitting.settings import (
    Outputs,
    Settings,
    read_config,
    with_changes,
)

from insilico_gui.errors import FitError

PUBLISHED = """
data-source:
  foundation-core:
    session: 4
    scan_idx: 7
    directory: /weights
  training:
    directory: training_data
    max_items: 12
  evaluation:
    directory: evaluation_data
scheduler:
  cycle_size: 100
  warmup_epochs: 10
  warmup_cycles: 1
optimizer:
  lr: 0.1
  decay: 1e-4
  momentum: 0.9
  nesterov: true
  clip: 0.01
  eps: 0.001
  seed: 0
loader:
  sample_size: 100
  batch_size: 4
  training_size: 500
  validation_size: 20
objective:
  sample_stream: true
  burnin_frames: 10
save-state:
  directory: output
  state_dict: state_dict.pth
  metrics_csv: training_metrics.csv
  metrics_tensor: training_metrics.pt
"""


def read(tmp_path, text):
    path = tmp_path / "config.yaml"
    path.write_text(text)
    return read_config(path)


def test_the_published_file(tmp_path):
    config = read(tmp_path, PUBLISHED)
    assert config.settings == Settings()  # the defaults are the published values
    assert config.settings.decay == 1e-4  # which YAML takes for text
    assert config.outputs == Outputs()
    assert config.core_scan == (4, 7) and config.core_directory == "/weights"
    assert config.training_directory == str(tmp_path / "training_data")
    assert config.evaluation_directory == str(tmp_path / "evaluation_data")
    assert config.max_items == 12


def test_sections_may_be_left_out(tmp_path):
    config = read(tmp_path, "scheduler: {cycle_size: 20}\noptimizer: {lr: 1, decay:}\n")
    assert config.settings == Settings(cycle_size=20, lr=1.0)
    assert config.core_directory is None and config.max_items is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("optimiser: {lr: 1}", "unknown key 'optimiser'"),
        ("optimizer: {rate: 1}", "optimizer has an unknown key 'rate'"),
        ("data-source: {training: {path: a}}", "training has an unknown key 'path'"),
        ("optimizer: {lr: fast}", "lr is 'fast'"),
        ("optimizer: {nesterov: 1}", "type bool"),
        ("scheduler: {cycle_size: 1.5}", "type int"),
        ("scheduler: {cycle_size: true}", "type int"),
        ("scheduler: 3", "no mapping"),
        ("- a", "no mapping"),
        ("save-state: {state_dict: ../a.pth}", "without folders"),
        ("scheduler: {cycle_size: 5}", "warmup_epochs is 10 of 5"),
        ("objective: {burnin_frames: 100}", "burnin_frames is 100"),
        ("a: [", "cannot be read"),
    ],
)
def test_what_is_refused(text, said, tmp_path):
    with pytest.raises(FitError, match=said):
        read(tmp_path, text)


def test_settings_that_are_given_come_first():
    changed = with_changes(Settings(), {"cycle_size": 30, "lr": None, "seed": 4})
    assert changed == Settings(cycle_size=30, warmup_epochs=3, seed=4)
    changed = with_changes(Settings(), {"cycle_size": 5})
    assert (changed.warmup_epochs, changed.warmup_cycles) == (0, 0)
    changed = with_changes(Settings(), {"warmup_epochs": 0})
    assert changed.warmup_cycles == 0 and changed.cycle_size == 100
