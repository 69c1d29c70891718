import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio
from torch import Tensor

from kinemacolor import color
from kinemacolor.errors import SettingError
from kinemacolor.evaluation.clips import Clip, find_clips
from kinemacolor.evaluation.figures import FIGURES
from kinemacolor.evaluation.protocols import PROTOCOLS, protocol_of
from kinemacolor.evaluation.published import PUBLISHED, published_under
from kinemacolor.evaluation.rows import Gray, ResultsRow
from kinemacolor.evaluation.run import evaluate
from kinemacolor.evaluation.table import markdown

SavePictures = Callable[[Path, list[Tensor]], Path]


def test_every_figure_of_a_protocol_has_a_title_and_every_published_line_a_protocol() -> None:
    assert all(name in FIGURES for protocol in PROTOCOLS.values() for name in protocol.figures)
    assert all(line.protocol in PROTOCOLS for line in PUBLISHED)
    assert {"standard", "reach", "colormnet-2024", "bistnet", "deep-exemplar", "spatiotemporal"} == set(PROTOCOLS)


def test_an_unknown_protocol_names_those_there_are() -> None:
    with pytest.raises(SettingError, match="standard, reach, colormnet-2024"):
        protocol_of("mine")


def test_colormnet_2024_reproduces_the_two_wrap_around_figures(tmp_path: Path, save_pictures: SavePictures) -> None:
    """No color at all scores 30.7 dB instead of 21.6, random pictures 27.9 instead of 7.8."""
    ramp = torch.linspace(25, 80, 96).expand(64, -1)
    hue = torch.linspace(0, 2 * torch.pi, 65)[:64, None]
    radius = torch.where(torch.arange(96) % 16 < 9, 23.9, 0.0)
    colored = color.combine(ramp[None], torch.stack((radius * hue.cos(), radius * hue.sin())))
    noise = torch.randint(0, 256, (4, 3, 64, 96), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    save_pictures(tmp_path / "clips" / "colored", [colored, colored])
    save_pictures(tmp_path / "clips" / "noise", list(noise[:2]))
    save_pictures(tmp_path / "other" / "noise", list(noise[2:]))
    protocol = PROTOCOLS["colormnet-2024"].only(["psnr", "psnr_wrapping"])
    clips = find_clips(tmp_path / "clips")
    report = evaluate(clips, [Gray(), ResultsRow("random", tmp_path / "other")], protocol, tmp_path / "report")
    scores = {(score.row, score.clip): score.figures for score in report.scores}
    gray, random = scores["gray", "colored"], scores["random", "noise"]
    assert gray["psnr"].whole == pytest.approx(21.6, abs=0.05)
    assert gray["psnr_wrapping"].whole == pytest.approx(30.7, abs=0.05)
    assert random["psnr"].whole == pytest.approx(7.75, abs=0.1)
    assert random["psnr_wrapping"].whole == pytest.approx(27.9, abs=0.1)


def test_bistnet_scores_frames_6_to_85_of_90(tmp_path: Path, save_pictures: SavePictures) -> None:
    pictures = [torch.full((3, 16, 16), 2 * index, dtype=torch.uint8) for index in range(95)]
    save_pictures(tmp_path / "clips" / "one", pictures)
    protocol = PROTOCOLS["bistnet"].only(["psnr"])
    report = evaluate(find_clips(tmp_path / "clips"), [Gray()], protocol, tmp_path / "report")
    lines = (tmp_path / "report" / "frames.csv").read_text().splitlines()[1:]
    assert [int(line.split(",")[2]) + 1 for line in lines] == list(range(6, 86))
    assert report.clips[0]["exemplars"] == ["frame 0", "frame 89"]


def test_spatiotemporal_scores_inside_and_outside_the_masks(tmp_path: Path, save_pictures: SavePictures) -> None:
    generator = torch.Generator().manual_seed(0)
    truth, other = torch.randint(0, 256, (2, 3, 3, 216, 384), generator=generator, dtype=torch.uint8)
    save_pictures(tmp_path / "clips" / "one", list(truth))
    save_pictures(tmp_path / "other" / "one", list(other))
    masks = tmp_path / "masks" / "one"
    masks.mkdir(parents=True)
    inside = np.zeros((216, 384), np.uint8)
    inside[20:60, 100:300] = 7
    for index in range(3):
        Image.fromarray(inside).save(masks / f"{index:05d}.png")
    clip = Clip("one", tmp_path / "clips" / "one", masks)
    protocol = PROTOCOLS["spatiotemporal"]
    report = evaluate([clip], [ResultsRow("other", tmp_path / "other")], protocol, tmp_path / "report")
    figures = report.scores[0].figures
    for name, pixels in (("psnr_inner", inside > 0), ("psnr_outer", inside == 0)):
        expected = [
            peak_signal_noise_ratio(t[:, pixels].numpy(), o[:, pixels].numpy(), data_range=255)
            for t, o in zip(truth[1:], other[1:], strict=True)
        ]
        assert figures[name].whole == pytest.approx(np.mean(expected), abs=1e-9)
    distance = np.sqrt(((truth[1:].numpy().astype(float) - other[1:].numpy()) ** 2).sum(1))
    assert figures["outliers"].whole == pytest.approx(100 * (distance > 16).mean(), abs=1e-9)
    assert figures["outliers_inner"].whole == pytest.approx(100 * (distance > 16)[:, inside > 0].mean(), abs=1e-9)


def test_without_masks_inside_and_outside_are_unknown(tmp_path: Path, save_pictures: SavePictures) -> None:
    save_pictures(tmp_path / "clips" / "one", [torch.zeros(3, 20, 20, dtype=torch.uint8)] * 3)
    protocol = PROTOCOLS["spatiotemporal"]
    report = evaluate(find_clips(tmp_path / "clips"), [Gray()], protocol, tmp_path / "report")
    scores = json.loads((tmp_path / "report" / "report.json").read_text())["scores"]
    assert scores[0]["figures"]["psnr_inner"]["whole"] is None
    assert report.clips[0]["size"] == "384x216"


def test_published_figures_stand_beside_ours_with_their_source(clips: Path, tmp_path: Path) -> None:
    protocol = PROTOCOLS["colormnet-2024"]
    table = markdown(evaluate(find_clips(clips), [Gray()], protocol, tmp_path / "report"))
    assert "| ColorMNet | DAVIS | 35.77 |" in table
    assert "ColorMNet, 2024, Table 1" in table
    davis = next(line for line in published_under("bistnet") if line.method == "BiSTNet, two exemplars")
    assert (davis.figures["psnr"], davis.figures["cdc"]) == (30.40, 0.003540)
