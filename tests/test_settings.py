"""Settings of a user: a small file, whose damage is told and costs no more."""

from __future__ import annotations

import logging

import pytest

from insilico_gui.experiment.library import Library
from insilico_gui.settings import (
    MAX_RECENT,
    Settings,
    SettingsError,
    add_recent,
    change_settings,
    read_settings,
    settings_file,
)


@pytest.fixture(autouse=True)
def own_settings(tmp_path, monkeypatch):
    monkeypatch.setenv("INSILICO_SETTINGS", str(tmp_path / "config" / "settings.json"))
    for name in ("INSILICO_LIBRARY", "INSILICO_LIBRARY_GB", "INSILICO_LIBRARY_DAYS"):
        monkeypatch.delenv(name, raising=False)


def test_without_a_file_all_are_defaults():
    assert read_settings() == (Settings(), "")
    assert not settings_file().exists()


def test_what_is_set_is_read_again():
    change_settings(library_gb=2.5)
    change_settings(library_days=30)
    assert read_settings() == (Settings(library_gb=2.5, library_days=30), "")


@pytest.mark.parametrize(
    "text", ["{", "[1]", '{"library_gb": "many"}', '{"library_gb": NaN}', "\0\1\2"]
)
def test_a_damaged_file_is_told_and_defaults_are_used(text):
    settings_file().parent.mkdir()
    settings_file().write_text(text)
    settings, problem = read_settings()
    assert settings == Settings()
    assert "cannot be read" in problem and "\n" not in problem
    assert change_settings(library_gb=3).library_gb == 3
    assert read_settings() == (Settings(library_gb=3), "")


@pytest.mark.parametrize("changes", [{"library_gb": -1}, {"library_days": "x"}])
def test_a_value_out_of_range_is_one_sentence_and_changes_nothing(changes):
    with pytest.raises(SettingsError, match=next(iter(changes))) as refusal:
        change_settings(**changes)
    assert "\n" not in str(refusal.value)
    assert not settings_file().exists()


def test_recent_files_are_few_and_the_latest_is_first(tmp_path):
    for k in [*range(MAX_RECENT + 3), 5]:
        add_recent(tmp_path / f"{k}.insilico.yaml")
    recent = read_settings()[0].recent
    assert len(recent) == MAX_RECENT == len(set(recent))
    assert recent[0] == str(tmp_path / "5.insilico.yaml")


def test_the_library_uses_them_below_the_environment(tmp_path, monkeypatch):
    mine, other = tmp_path / "mine", tmp_path / "other"
    change_settings(library_folder=str(mine), library_gb=1.5, library_days=7)
    library = Library()
    assert (library.folder, library.max_gb, library.max_days) == (mine, 1.5, 7)
    monkeypatch.setenv("INSILICO_LIBRARY", str(other))
    monkeypatch.setenv("INSILICO_LIBRARY_GB", "4")
    library = Library(max_days=3)
    assert (library.folder, library.max_gb, library.max_days) == (other, 4, 3)


def test_the_library_tells_of_damaged_settings(tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("INSILICO_LIBRARY", str(tmp_path / "library"))
    settings_file().parent.mkdir()
    settings_file().write_text("{")
    with caplog.at_level(logging.WARNING):
        assert Library().max_gb == Settings().library_gb
    assert "cannot be read" in caplog.text
