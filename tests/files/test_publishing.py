"""What is refused, what is completed, and what is never touched."""

from __future__ import annotations

import json
import os
import re

import pytest
from make_responses import assert_same_responses, make_responses
from outcomes import names
from support.folders import folder_of_another_user

import insilico_gui as ig
from insilico_gui.errors import ExportError, InsilicoError, StimulusError
from insilico_gui.export import Destination, export, load_responses, load_suffixes
from insilico_gui.files import Claim, claim, settle
from insilico_gui.files import journal as journals
from insilico_gui.stimuli.spec.files import save_spec

every_format = pytest.mark.parametrize("suffix", load_suffixes())


def content(folder):
    return {
        p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


# -- names ---------------------------------------------------------------------------


def save_to(path):
    save_spec(ig.stimuli.full_field_flashes().spec, path)


@pytest.mark.parametrize(
    ("write", "suffix", "length"),
    [
        *(
            (lambda path: export(make_responses(), path), s, 260)
            for s in load_suffixes()
        ),
        *(
            (lambda path: export(make_responses(), path), s, 10_000)
            for s in load_suffixes()
        ),
        (lambda path: export(make_responses(), path), ".csv", 250),
        (lambda path: Destination(path), ".csv", 245),
        (lambda path: Destination(path), ".nii.gz", 251),
        (lambda path: Destination(path), ".npy", 251),
        (lambda path: Destination(path), "-epo.fif", 251),
        (save_to, ".yaml", 260),
        (lambda path: claim(path.parent, [path.name], ExportError), ".x", 5000),
    ],
)
def test_names_that_are_too_long_are_one_sentence(tmp_path, write, suffix, length):
    path = tmp_path / ("n" * (length - len(suffix)) + suffix)
    with pytest.raises(InsilicoError) as error:
        write(path)
    said = str(error.value)
    assert len(said) < 400
    assert re.search("shorter one", said)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("suffix", "length"), [(".npz", 255), (".csv", 243)])
def test_names_that_just_fit(tmp_path, suffix, length):
    path = tmp_path / ("n" * (length - len(suffix)) + suffix)
    export(make_responses(), path)
    export(make_responses(2), path, overwrite=True)
    assert_same_responses(load_responses(path), make_responses(2), nan_bits=False)


@every_format
def test_a_name_that_no_file_can_have(tmp_path, suffix):
    with pytest.raises(ExportError, match="cannot be the name of a file"):
        export(make_responses(), tmp_path / f"a\0b{suffix}")


@every_format
def test_a_dangling_link_is_refused(tmp_path, suffix):
    (tmp_path / f"x{suffix}").symlink_to(tmp_path / "nowhere")
    for overwrite in (False, True):
        with pytest.raises(ExportError, match="is a link to"):
            export(make_responses(), tmp_path / f"x{suffix}", overwrite=overwrite)
    assert (tmp_path / f"x{suffix}").is_symlink()
    assert len(list(tmp_path.iterdir())) == 1


@every_format
def test_a_link_and_what_it_leads_to_stay(tmp_path, suffix):
    export(make_responses(), tmp_path / f"real{suffix}")
    (tmp_path / f"x{suffix}").symlink_to(tmp_path / f"real{suffix}")
    before = content(tmp_path)
    with pytest.raises(ExportError, match="is a link to"):
        export(make_responses(2), tmp_path / f"x{suffix}", overwrite=True)
    assert content(tmp_path) == before


@every_format
def test_a_pipe_is_not_replaced(tmp_path, suffix):
    os.mkfifo(tmp_path / f"x{suffix}")
    with pytest.raises(ExportError, match="is a pipe or a device"):
        export(make_responses(), tmp_path / f"x{suffix}", overwrite=True)
    assert (tmp_path / f"x{suffix}").is_fifo()


@every_format
@pytest.mark.parametrize("length", [260, 10_000])
def test_reading_a_name_that_no_file_can_have(tmp_path, suffix, length):
    for path in (tmp_path / ("n" * length + suffix), tmp_path / f"a\0{suffix}"):
        with pytest.raises(ExportError, match="There is no file") as error:
            load_responses(path)
        assert len(str(error.value)) < 400


@pytest.mark.parametrize("end", ["units.csv", "trials.csv", "JSON"])
def test_no_table_has_the_name_of_a_side_file(tmp_path, end):
    with pytest.raises(ExportError, match=r"other responses|no suffix"):
        export(make_responses(), tmp_path / f"x.csv.{end}")


# -- files of others -----------------------------------------------------------------


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("trials", [False, True])
def test_tables_of_the_user_beside_a_new_table(tmp_path, overwrite, trials):
    for name in ("e.trials.csv", "e.units.csv", "e.json", "e.csv.trials.csv"):
        (tmp_path / name).write_text("a,b\n1,2\n")
    before = content(tmp_path)
    with pytest.raises(ExportError, match=r"e\.csv\.trials\.csv"):
        export(make_responses(trials=trials), tmp_path / "e.csv", overwrite=overwrite)
    assert content(tmp_path) == before
    (tmp_path / "e.csv.trials.csv").unlink()
    export(make_responses(trials=trials), tmp_path / "e.csv", overwrite=overwrite)
    for name in ("e.trials.csv", "e.units.csv", "e.json"):
        assert (tmp_path / name).read_text() == "a,b\n1,2\n"


def test_a_side_file_that_was_edited_is_not_replaced(tmp_path):
    export(make_responses(), tmp_path / "e.csv")
    units = tmp_path / "e.csv.units.csv"
    units.write_text(units.read_text().replace("V1", "mine"))
    before = content(tmp_path)
    with pytest.raises(ExportError, match=r"e\.csv\.units\.csv exists and does not"):
        export(make_responses(2), tmp_path / "e.csv", overwrite=True)
    assert content(tmp_path) == before


def make_other_zarr(path):
    path.mkdir()
    (path / "zarr.json").write_text('{"zarr_format": 3, "node_type": "group"}')


def put_a_note_into_ours(path):
    export(make_responses(), path)
    (path / "responses" / "note.txt").write_text("mine")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (make_other_zarr, "not a zarr folder of responses"),
        (lambda path: path.mkdir(), "not a zarr folder of responses"),
        (lambda path: path.write_text("a file"), "not a zarr folder of responses"),
        (put_a_note_into_ours, r"holds 'note\.txt'"),
    ],
)
def test_folders_of_others_are_not_replaced(tmp_path, leaky, clip, make, message):
    path = tmp_path / "x.zarr"
    make(path)
    before = content(tmp_path)
    for write in (
        lambda: export(make_responses(2), path, overwrite=True),
        lambda: ig.encode(leaky, clip, store=path, overwrite=True),
    ):
        with pytest.raises(InsilicoError, match=message):
            write()
        assert content(tmp_path) == before
        assert [p.name for p in tmp_path.iterdir()] == ["x.zarr"]


def test_a_folder_named_partial_is_of_the_user(tmp_path, leaky, clip):
    (tmp_path / "x.zarr.partial").mkdir()
    (tmp_path / "x.zarr.partial" / "thesis.tex").write_text("text")
    ig.encode(leaky, clip, store=tmp_path / "x.zarr")
    assert (tmp_path / "x.zarr.partial" / "thesis.tex").read_text() == "text"


@every_format
def test_what_appears_while_writing_is_not_replaced(tmp_path, suffix):
    path = tmp_path / f"x{suffix}"
    with Destination(path) as place:
        path.write_text("mine")
        with pytest.raises(ExportError, match="written by another program"):
            place.write(make_responses())
    assert content(tmp_path) == {path.relative_to(tmp_path): b"mine"}


def test_formats_share_no_side_file(tmp_path):
    """An EEG file, a table and a volume of one name lie side by side."""
    from make_field_responses import of_channels, of_vertices, of_voxels

    of = {
        "-epo.fif": of_channels,
        ".fif": of_channels,
        ".nii": of_voxels,
        ".nii.gz": of_voxels,
        ".npy": of_vertices,
        ".func.gii": of_vertices,
        **dict.fromkeys(load_suffixes(), of_voxels),
    }
    for suffix, make in of.items():
        export(make(), tmp_path / f"eeg{suffix}")
    for suffix in load_suffixes():
        assert load_responses(tmp_path / f"eeg{suffix}").sizes["trial"] == 3


# -- a second writer -----------------------------------------------------------------

WHO = rf"is being written by this program \(process {os.getpid()}\) since 20"


@every_format
def test_a_second_writer_is_refused_before_any_work(tmp_path, suffix):
    path = tmp_path / f"x{suffix}"
    with Destination(path) as place:
        with pytest.raises(ExportError, match=WHO):
            export(make_responses(2), path)
        export(make_responses(2), tmp_path / f"y{suffix}")
        place.write(make_responses())
    assert_same_responses(load_responses(path), make_responses(), nan_bits=False)
    export(make_responses(2), path, overwrite=True)
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".")]


def test_a_second_encode_is_refused_before_any_work(tmp_path, leaky, clip):
    first = ig.encoding.EncodingJob(leaky, clip, store=tmp_path / "o.zarr")
    leaky.calls.clear()
    for overwrite in (False, True):
        with pytest.raises(InsilicoError, match=r"o\.zarr " + WHO):
            ig.encode(leaky, clip[::-1], store=tmp_path / "o.zarr", overwrite=overwrite)
    assert leaky.calls == []
    for _ in first.run():
        pass
    loaded = load_responses(tmp_path / "o.zarr")
    assert (
        loaded.attrs["stimulus_hash"] == ig.encode(leaky, clip).attrs["stimulus_hash"]
    )


def test_a_claim_that_is_forgotten_ends(tmp_path, leaky, clip):
    job = ig.encoding.EncodingJob(leaky, clip, store=tmp_path / "o.zarr")
    assert list(tmp_path.iterdir())
    del job
    assert not list(tmp_path.iterdir())


# -- what a killed writer left -------------------------------------------------------


def kill(made: Claim) -> None:
    """End a claim as a kill does: the lock is gone, and nothing else."""
    _, _, (_, release, _), _ = made.close.detach()
    release()


def journal_of(folder, written, stale=()):
    made = claim(folder, [*written, *stale], ExportError)
    for name, text in written.items():
        (made.new / name).parent.mkdir(parents=True, exist_ok=True)
        (made.new / name).write_text(text)
    plan = journals.Plan.of(folder, [*written], stale, made._before)
    journals.write(made._staging, plan)
    return made


def test_a_journal_is_carried_out_by_the_next_reader(tmp_path):
    for name in ("a", "b", "gone"):
        (tmp_path / name).write_text("old")
    kill(journal_of(tmp_path, {"a": "new", "b": "new", "deep/er/c": "new"}, ["gone"]))
    settle(tmp_path)
    assert names(tmp_path) == {"a", "b", "deep/er/c"}
    assert (tmp_path / "a").read_text() == (tmp_path / "deep/er/c").read_text() == "new"


@pytest.mark.parametrize("name", ["a", "gone"])
def test_what_the_user_put_there_since_is_not_moved(tmp_path, name):
    for old in ("a", "b", "gone"):
        (tmp_path / old).write_text("old")
    kill(journal_of(tmp_path, {"a": "new", "b": "new"}, ["gone"]))
    (tmp_path / name).write_text("mine, and longer")
    settle(tmp_path)
    assert (tmp_path / name).read_text() == "mine, and longer"
    assert (tmp_path / "b").read_text() == "new"
    if name == "a":
        with pytest.raises(ExportError, match="a stands where an interrupted export"):
            claim(tmp_path, ["a"], ExportError)
        (tmp_path / "a").rename(tmp_path / "mine")
        claim(tmp_path, ["a"], ExportError).close()
        assert (tmp_path / "a").read_text() == "new"
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".")]


@pytest.mark.parametrize(
    "name", ["../out.txt", "/etc/out.txt", "link/out.txt", "..", ""]
)
def test_a_journal_from_elsewhere_leads_nowhere(tmp_path, name):
    folder = tmp_path / "folder"
    folder.mkdir()
    (tmp_path / "outside").mkdir()
    (folder / "link").symlink_to(tmp_path / "outside")
    made = journal_of(folder, {"a": "hostile"})
    path = made._staging / "journal"
    plan = json.loads(path.read_text())
    plan["written"], plan["before"] = [name], {name: None}
    path.write_text(json.dumps(plan))
    kill(made)
    before = content(tmp_path)
    settle(folder)
    assert content(tmp_path) == before


@pytest.mark.parametrize("text", ["", "{", '{"format": "something else"}'])
def test_a_hidden_folder_without_our_mark_is_left(tmp_path, text):
    folder = tmp_path / ".insilico-0123456789abcdef"
    folder.mkdir()
    (folder / "claim").write_text(text)
    (folder / "new").mkdir()
    (folder / "new" / "mine.txt").write_text("mine")
    before = content(tmp_path)
    settle(tmp_path)
    export(make_responses(), tmp_path / "x.npz")
    (tmp_path / "x.npz").unlink()
    assert content(tmp_path) == before


def test_a_failure_among_renames_is_undone(tmp_path, monkeypatch):
    for name in ("a", "b"):
        (tmp_path / name).write_text("old")
    made = claim(tmp_path, ["a", "b", "deep/c"], ExportError)
    for name in made.names:
        (made.new / name).parent.mkdir(exist_ok=True)
        (made.new / name).write_text("new")
    rename = type(tmp_path).rename

    def failing(self, target):
        if self.name == "c":
            raise OSError(5, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(type(tmp_path), "rename", failing)
    with pytest.raises(ExportError, match="Input/output error"):
        made.publish(made.names)
    made.close()
    assert names(tmp_path) == {"a", "b"}
    assert (tmp_path / "a").read_text() == (tmp_path / "b").read_text() == "old"


def test_a_folder_that_may_only_be_read_is_read(tmp_path):
    with folder_of_another_user() as folder:
        settle(folder)
        with pytest.raises(StimulusError, match="you may not write"):
            claim(folder, ["x"], StimulusError)
