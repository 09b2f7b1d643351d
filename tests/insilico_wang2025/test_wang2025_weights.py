"""Weight files that do not fit: what is said of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from insilico_wang2025.weights import load_network
from support import wang2025_synthetic as synthetic

from insilico_gui.errors import UntrustedFileError, WeightsError
from insilico_gui.untrusted.hashes import weights_hash

if TYPE_CHECKING:
    from pathlib import Path

CORE_KEY = "core.recurrent.proj_q.weights.2"
MU = "readout.position.mu"


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    synthetic.write_params(tmp_path, 7, 8, (1, 1))
    return [tmp_path / "params_core.pt", tmp_path / "params_1_1.pt"]


def edit(path: Path, key: str, value: torch.Tensor | None) -> None:
    tensors = torch.load(path, weights_only=True)
    if value is None:
        del tensors[key]
    else:
        tensors[key] = value
    torch.save(tensors, path)


def test_weights_are_loaded_as_they_are(files):
    network = load_network(files, 8)
    for key, value in network.state_dict().items():
        assert torch.equal(value, synthetic.weights(7, 8)[key]), key
    assert not any(p.requires_grad for p in network.parameters())
    assert not network.training


def test_any_split_into_files_is_fine(files, tmp_path):
    merged = torch.load(files[0], weights_only=True)
    merged |= torch.load(files[1], weights_only=True)
    torch.save(merged, tmp_path / "all.pt")
    network = load_network([tmp_path / "all.pt"], 8)
    assert torch.equal(network.state_dict()[MU], merged[MU])


def test_missing_keys(files):
    edit(files[0], CORE_KEY, None)
    edit(files[0], "core.recurrent.scales.0", None)
    with pytest.raises(
        WeightsError, match=r"params_core.pt and params_1_1.pt lack"
    ) as e:
        load_network(files, 8)
    assert "(and 1 more)" in str(e.value)


def test_unknown_keys(files):
    edit(files[1], "readout.extra", torch.ones(1))
    with pytest.raises(WeightsError, match=r"params_1_1.pt holds .* readout\.extra;"):
        load_network(files, 8)


def test_keys_in_both_files(files):
    edit(files[1], CORE_KEY, synthetic.weights(7, 8)[CORE_KEY])
    with pytest.raises(WeightsError, match=f"both hold {CORE_KEY}"):
        load_network(files, 8)


def test_wrong_shapes(files):
    edit(files[0], CORE_KEY, torch.ones(512, 32, 1, 1, 1))
    with pytest.raises(WeightsError, match=f"params_core.pt .* shape for {CORE_KEY}"):
        load_network(files, 8)


def test_another_number_of_units(files):
    with pytest.raises(WeightsError, match=r"params_1_1.pt .* shape for readout\."):
        load_network(files, 9)


def test_wrong_types(files):
    edit(files[1], MU, torch.zeros(8, 2, dtype=torch.float64))
    with pytest.raises(WeightsError, match=f"type of number for {MU}"):
        load_network(files, 8)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_values_that_are_no_numbers(files, value):
    mu = synthetic.weights(7, 8)[MU].clone()
    mu[3, 1] = value
    edit(files[1], MU, mu)
    with pytest.raises(WeightsError, match=f"NaN or infinity in {MU}"):
        load_network(files, 8)


def test_code_in_weights_is_not_run(files, tmp_path):
    marker = tmp_path / "code-has-run"

    class Payload:
        def __reduce__(self):
            return (open, (str(marker), "w"))

    torch.save({"core": Payload()}, files[0])
    with pytest.raises(UntrustedFileError, match=r"params_core\.pt"):
        load_network(files, 8)
    assert not marker.exists()


def test_the_hash_is_of_all_files(files):
    before = weights_hash(files)
    assert weights_hash(files) == before
    edit(files[1], MU, torch.zeros(8, 2))
    assert weights_hash(files) != before
