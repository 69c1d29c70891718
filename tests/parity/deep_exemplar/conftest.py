"""The authors' files, with every tensor filled by the recipe, through our public loading function."""

import gzip
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from seeded_inputs import lab_frames
from seeded_weights import seeded_array
from torch import Tensor

from kinemacolor.models import deep_exemplar
from kinemacolor.models.deep_exemplar import DeepExemplar

HERE = Path(__file__).parent
SEED = 1
GAINS = {
    "conv10_ab.weight": 0.15,
    "conv10_1.1.weight": 0.1,
    "conv9_1.1.weight": 0.3,
    "conv8_1.1.weight": 0.3,
}
PLACES = {
    "features": "vgg19_conv.pth",
    "correspondence": "video_moredata_l1/nonlocal_net_iter_76000.pth",
    "colorization": "video_moredata_l1/colornet_iter_76000.pth",
}


@pytest.fixture(scope="session")
def official_shapes() -> dict[str, dict[str, tuple[int, ...]]]:
    """Names and shapes of the release's tensors, by the part they are of."""
    parts = json.loads(gzip.decompress((HERE / "official_tensors.json.gz").read_bytes()))
    return {part: {name: tuple(shape) for name, shape in shapes.items()} for part, shapes in parts.items()}


@pytest.fixture(scope="session")
def seeded(official_shapes: dict[str, dict[str, tuple[int, ...]]]) -> Callable[[str], dict[str, Tensor]]:
    """A part's tensors under the authors' names, filled by the recipe."""

    def filled(part: str) -> dict[str, Tensor]:
        shapes = official_shapes[part]
        return {name: torch.as_tensor(seeded_array(name, shape, SEED, GAINS)) for name, shape in shapes.items()}

    return filled


@pytest.fixture(scope="session")
def archive_path(
    seeded: Callable[[str], dict[str, Tensor]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """A file as the authors publish it: three bare state_dicts in a zip archive, beside one that nothing uses."""
    path = tmp_path_factory.mktemp("release") / "colorization_checkpoint.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for part, place in PLACES.items():
            with archive.open(place, "w", force_zip64=True) as file:
                torch.save(seeded(part), file)
        archive.writestr("vgg19_gray.pth", b"never opened")
    yield path
    path.unlink()


@pytest.fixture(scope="session")
def network(archive_path: Path) -> DeepExemplar:
    return deep_exemplar.load_network(archive_path).eval()


@pytest.fixture(scope="session")
def lab() -> Callable[[str, int, int, int], Tensor]:
    """Seeded frames as L*a*b*, L* 0..100."""

    def frames(tag: str, count: int, height: int, width: int) -> Tensor:
        scale, offset = np.float32([50, 110, 110]), np.float32([50, 0, 0])
        normalized = lab_frames(tag, count, height, width, SEED)
        return torch.from_numpy(normalized * scale[:, None, None] + offset[:, None, None])

    return frames
