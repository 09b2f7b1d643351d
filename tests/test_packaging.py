"""What ``python -m build`` makes installs, and runs outside of the repository."""

from __future__ import annotations

import email
import os
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = [ROOT / "insilico_gui", *sorted((ROOT / "plugins").glob("insilico_*"))]
LIMIT_S = 100

pytestmark = [pytest.mark.slow, pytest.mark.timeout(2 * LIMIT_S)]

USE = """
import sys
from pathlib import Path

import insilico_gui as ig
from npe2 import PluginManifest

assert Path(ig.__file__).is_relative_to(sys.prefix), ig.__file__
session = ig.open_session("demo")
clip = ig.stimuli.drifting_gratings(n_directions=1, duration_s=0.2, blank_s=0.1)
responses = ig.encode(session, clip, ig.select(session, areas=["LM"]))
assert responses.sizes["time"] == clip.n_frames
assert float(responses.min()) > 0
manifest = PluginManifest.from_distribution("insilico-gui")
manifest.validate_imports()
assert manifest.contributions.widgets

from insilico_berg import BERG

assert "fMRI" in BERG(".").get_model_catalog(installed=False)  # of the cards
"""


def run(*command, **options):
    """Run a command; its output is in the report if it fails."""
    done = subprocess.run(
        [str(word) for word in command],
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        **options,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The sdist, and the wheel that was made from the sdist."""
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--no-isolation", "--outdir", folder]
    run(*build, ROOT)
    (sdist,), (wheel,) = folder.glob("*.tar.gz"), folder.glob("*.whl")
    return sdist, wheel


@pytest.fixture(scope="module")
def installed(built, tmp_path_factory):
    """Folder of programs of a new environment with the wheel in it.

    Dependencies are those of the environment that runs the tests.
    """
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False)
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    pip = [sys.executable, "-m", "pip", "--python", programs / "python", "install"]
    run(*pip, "--no-deps", "--no-index", "--no-compile", built[1])
    query = "import sysconfig; print(sysconfig.get_path('purelib'))"
    own = Path(run(programs / "python", "-c", query).strip())
    others = run(sys.executable, "-c", query).strip()
    (own / "dependencies.pth").write_text(f"{others}\n")
    return programs


@pytest.fixture
def elsewhere(tmp_path):
    """How to run a program outside of the repository, seeing nothing of it."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    return {"cwd": tmp_path, "env": environment | {"QT_QPA_PLATFORM": "offscreen"}}


def package_files():
    """Files of the packages, relative to where they are imported from."""
    return {
        path.relative_to(package.parent).as_posix()
        for package in PACKAGES
        for path in package.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }


def test_the_wheel_holds_the_packages_and_their_data(built):
    with zipfile.ZipFile(built[1]) as wheel:
        names = {name for name in wheel.namelist() if ".dist-info/" not in name}
        licences = [n for n in wheel.namelist() if n.endswith("/licenses/LICENSE")]
    assert names == package_files()
    assert {"insilico_gui/napari.yaml", "insilico_gui/py.typed"} < names
    cards = [n for n in names if n.startswith("insilico_berg/model_cards/")]
    assert len(cards) >= 4 and {PurePosixPath(n).suffix for n in cards} == {".yaml"}
    assert len(licences) == 1


def test_the_sdist_holds_what_tests_and_docs_need(built):
    with tarfile.open(built[0]) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    assert {"README.md", "LICENSE", "constraints.txt", "docs/conf.py"} < names
    assert {
        "scripts/test",
        "tests/test_packaging.py",
        "docs/pictures/raster.png",
    } < names


def test_the_metadata_are_those_that_the_napari_hub_reads(built):
    with zipfile.ZipFile(built[1]) as wheel:
        (name,) = (n for n in wheel.namelist() if n.endswith(".dist-info/METADATA"))
        read = email.message_from_bytes(wheel.read(name))
    assert "Framework :: napari" in read.get_all("Classifier")
    assert read["Summary"] and read["Keywords"] and read["License-Expression"]
    assert read["Description-Content-Type"] == "text/markdown"
    single = {"eeg", "fmri", "nwb", "plot", "raster", "umap"}
    assert set(read.get_all("Provides-Extra")) == {"all", "plots", *single}
    needed = [line.split("; extra == ") for line in read.get_all("Requires-Dist")]
    extras = [(extra[0].strip("'"), name) for name, *extra in needed if extra]
    of_all = {name for extra, name in extras if extra == "all"}
    assert of_all == {name for extra, name in extras if extra in single}
    assert len(of_all) == 7


def test_the_command_line_runs(installed, elsewhere):
    assert "demo" in run(installed / "insilico-gui", "sessions", **elsewhere)


def test_the_demo_and_the_manifest_work(installed, elsewhere):
    run(installed / "python", "-c", USE, **elsewhere)
