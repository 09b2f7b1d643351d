"""napari finds the plugin and what it contributes."""

from __future__ import annotations

import subprocess
import sys

from npe2 import PluginManifest

from insilico_gui.app import PluginWidget


def test_manifest_is_valid_and_its_command_exists():
    manifest = PluginManifest.from_distribution("insilico-gui")
    manifest.validate_imports()
    (widget,) = manifest.contributions.widgets
    assert widget.display_name == "In silico experiments"
    (command,) = manifest.contributions.commands
    assert command.id == widget.command
    module, name = command.python_name.split(":")
    assert getattr(sys.modules[module], name) is PluginWidget


def test_npe2_validates_it():
    subprocess.run(
        [sys.executable, "-m", "npe2", "validate", "insilico-gui"],
        check=True,
        capture_output=True,
    )
