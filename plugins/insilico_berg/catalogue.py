"""The models that are known by name: what they are called, and of what they could be.

Which of them are there is another matter: see :mod:`insilico_berg.tree`.
"""

from __future__ import annotations

from dataclasses import dataclass

VOXELS = "fmri-nsd-fwrf"
VERTICES = "fmri-nsd_fsaverage-vit_b_32"
EEG = "eeg-things_eeg_2-vit_b_32"
MOUSE = "calcium_2p-wang_2025-3DCNN"

VOXEL_SESSIONS = "nsd-fwrf"
"""First part of the ids of voxel sessions, as of the entry point that opens them."""

#: Regions of the voxel models, in the order of their documentation.
VOXEL_ROIS = tuple(
    "V1 V2 V3 hV4 EBA FBA-2 OFA FFA-1 FFA-2 PPA RSC OPA OWFA VWFA-1 VWFA-2 mfs-words "
    "early midventral midlateral midparietal parietal lateral ventral".split()
)
#: Session and scan of the mouse model.
SCANS = (
    *((4, 7), (5, 6), (5, 7), (6, 2), (6, 4), (6, 6), (6, 7), (7, 3), (7, 5), (8, 5)),
    *((9, 3), (9, 4), (9, 6)),
)

NSD_CITATION = (
    "Allen et al. (2022), A massive 7T fMRI dataset to bridge cognitive neuroscience and "
    "artificial intelligence, Nature Neuroscience 25, 116-126"
)
NSD_DOI = "10.1038/s41593-021-00962-x"

# Names of modality, data set and model that were given up, and what they are called now.
_RENAMED = (
    {"calcium": "calcium_2p", "2p_ca": "calcium_2p"},
    {"natural_videos": "wang_2025", "mouse": "wang_2025"},
    {"mouse": "3DCNN"},
)


@dataclass(frozen=True)
class KnownModel:
    """One model.

    Attributes
    ----------
    id : str
        ``modality-dataset-model``, from the names of its three folders.
    title : str
        One line for people.
    names : tuple of str
        What its instances are called.
    """

    id: str
    title: str
    names: tuple[str, ...]


def model_id(modality: str, train_dataset: str, model: str) -> str:
    """Id of a model by its three names, of which some may have been given up."""
    names = zip(_RENAMED, (modality, train_dataset, model), strict=True)
    return "-".join(renamed.get(name, name) for renamed, name in names)


def current_id(given: str) -> str:
    """An id as it is now; itself if it is not known by another name."""
    parts = given.split("-", 2)
    return model_id(*parts) if len(parts) == 3 else given


def subject(number: int) -> str:
    """Name of one subject, e.g. ``subject-1``."""
    return f"subject-{number}"


def subject_roi(number: int, roi: str) -> str:
    """Name of one region of one subject, e.g. ``subject-1_roi-V1``."""
    return f"subject-{number}_roi-{roi}"


def session_scan(session: int, scan: int) -> str:
    """Name of one scan, e.g. ``session-8_scan-5``."""
    return f"session-{session}_scan-{scan}"


def _subjects(n: int) -> tuple[str, ...]:
    return tuple(subject(i) for i in range(1, n + 1))


KNOWN = {
    model.id: model
    for model in (
        KnownModel(
            MOUSE,
            "Neurons of mouse visual cortex, from video (Wang et al. 2025)",
            tuple(session_scan(*scan) for scan in SCANS),
        ),
        KnownModel(
            EEG,
            "Human EEG, from images (THINGS EEG2; vision transformer)",
            _subjects(10),
        ),
        KnownModel(
            VOXELS,
            "Voxels of human visual cortex, from images (NSD; fwRF)",
            tuple(subject_roi(s, roi) for s in range(1, 9) for roi in VOXEL_ROIS),
        ),
        KnownModel(
            VERTICES,
            "Vertices of human cortex, from images (NSD, fsaverage; vision transformer)",
            _subjects(8),
        ),
    )
}
