"""The twin of ``docs/how_to_add_a_twin.md`` works as the page says."""

from __future__ import annotations

import re
import tomllib

import pytest
from support.docs_pages import DOCS, code_blocks
from typer.testing import CliRunner

import insilico_gui as ig
from insilico_gui.cli import app

PAGE = DOCS / "how_to_add_a_twin.md"


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A folder with the package of the page, installed, and the weights of the page."""
    (project,) = map(tomllib.loads, code_blocks(PAGE, "toml"))
    module, weights, *_ = code_blocks(PAGE, "python")
    ((name, target),) = project["project"]["entry-points"]["insilico_gui.twins"].items()
    (tmp_path / f"{target.partition(':')[0]}.py").write_text(module)
    info = tmp_path / "linear_twin-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: linear-twin\nVersion: 0.1.0\n"
    )
    (info / "entry_points.txt").write_text(f"[insilico_gui.twins]\n{name} = {target}\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    exec(weights, {})
    return tmp_path


def test_the_page_runs_as_it_stands(installed, capsys):
    _, _, use, check = code_blocks(PAGE, "python")
    exec(use, {})
    shown = [float(number) for number in re.findall(r"[\d.]+", capsys.readouterr().out)]
    assert shown == pytest.approx([0, 1], abs=1e-3)
    exec(check, {})


def test_the_command_line_finds_it(installed):
    listed = CliRunner().invoke(app, ["sessions", "--directory", "."])
    assert listed.exit_code == 0 and "linear/halves" in listed.output


def test_missing_weights_are_a_sentence(installed):
    with pytest.raises(ig.InsilicoError, match="choose the folder that holds"):
        ig.open_session("linear/other", directory=".")
