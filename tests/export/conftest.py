"""Blocks so small that little responses need many of them."""

from __future__ import annotations

import pytest

from insilico_gui.export import csv_files, parquet_file, record, zarr_folder


@pytest.fixture
def small_blocks(monkeypatch) -> int:
    """Bytes in a block."""
    n_bytes = 4096
    monkeypatch.setattr(record, "BLOCK_BYTES", n_bytes)
    monkeypatch.setattr(csv_files, "BLOCK_BYTES", n_bytes)
    monkeypatch.setattr(csv_files, "READ_BYTES", n_bytes)
    monkeypatch.setattr(parquet_file, "GROUP_BYTES", n_bytes)
    monkeypatch.setattr(zarr_folder, "CHUNK_BYTES", n_bytes)
    return n_bytes
