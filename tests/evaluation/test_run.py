import csv
import json
import math
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio
from torch import Tensor

from kinemacolor import color
from kinemacolor.evaluation.clips import Clip, Pictures, find_clips
from kinemacolor.evaluation.exemplars import parse_exemplars
from kinemacolor.evaluation.protocols import PROTOCOLS
from kinemacolor.evaluation.report import Report
from kinemacolor.evaluation.rows import CopiedChroma, Gray, ModelRow, ResultsRow, Row, Truth, sanity_rows
from kinemacolor.evaluation.run import RunSettings, evaluate
from kinemacolor.frames import Luma, ObjectMasks
from kinemacolor.models.base import Answer, Reference
from kinemacolor.models.load import load_model

STANDARD = PROTOCOLS["standard"]


class Stained:
    """A model that gives one color, and remembers how its references were bound."""

    identity, notes = "stained", ()

    def __init__(self) -> None:
        self.bound: list[int | None] = []

    def colorize(
        self, lumas: Iterable[Luma], references: Sequence[Reference], objects: ObjectMasks | None = None
    ) -> Iterator[Answer]:
        self.bound = [reference.index for reference in references]
        for luma in lumas:
            yield Answer(torch.full((2, *luma.shape[-2:]), 20.0))


def run(
    clips: Path, rows: Sequence[Row], output: Path, exemplars: str = "first", frames: int | None = None
) -> Report:
    settings = RunSettings(exemplars=parse_exemplars(exemplars), frames=frames)
    return evaluate(find_clips(clips), rows, STANDARD, output, settings=settings)


def test_sanity_rows_come_in_the_order_of_their_worth(clips: Path, tmp_path: Path) -> None:
    report = run(clips, sanity_rows("cpu"), tmp_path / "report")
    psnr = {row: report.mean(row, "psnr").whole for row in report.rows}
    assert math.isnan(psnr["truth"])
    assert psnr["gray"] < psnr["copied chroma"] < psnr["optical flow"]
    assert report.mean("gray", "colorfulness").whole < 1 < report.mean("truth", "colorfulness").whole
    assert not report.problems


def test_psnr_equals_scikit_image_and_leaves_the_exemplar_out(clips: Path, tmp_path: Path) -> None:
    folder = tmp_path / "results"
    for name in ("one", "two"):
        shutil.copytree(clips / name, folder / name)
        for path in sorted((folder / name).iterdir())[1:]:
            darker = np.asarray(Image.open(path)) // 2
            Image.fromarray(darker).save(path)
    report = run(clips, [ResultsRow("darker", folder)], tmp_path / "report")
    expected = []
    for name in ("one", "two"):
        pairs = [(clips / name / f"{i:05d}.png", folder / name / f"{i:05d}.png") for i in range(1, 6)]
        values = [
            peak_signal_noise_ratio(np.asarray(Image.open(a)), np.asarray(Image.open(b)), data_range=255)
            for a, b in pairs
        ]
        expected.append(np.mean(values))
    assert report.mean("darker", "psnr").whole == pytest.approx(np.mean(expected), abs=1e-9)
    assert [score.frames for score in report.scores] == [5, 5]


def test_the_report_files_agree(clips: Path, tmp_path: Path) -> None:
    report = run(clips, [Truth(), Gray()], tmp_path / "report")
    with (tmp_path / "report" / "frames.csv").open() as file:
        lines = list(csv.DictReader(file))
    content = json.loads((tmp_path / "report" / "report.json").read_text())
    gray = [float(line["psnr"]) for line in lines if line["row"] == "gray" and line["psnr"]]
    assert len(lines) == 2 * 2 * 6
    assert np.mean(gray) == pytest.approx(report.mean("gray", "psnr").whole, rel=1e-5)
    assert content["means"]["gray"]["psnr"]["whole"] == pytest.approx(report.mean("gray", "psnr").whole)
    assert content["means"]["truth"]["psnr"]["whole"] is None
    assert content["provenance"]["versions"]["torch"] == torch.__version__
    assert content["settings"]["seed"] == 0
    table = (tmp_path / "report" / "report.md").read_text()
    assert f"{report.mean('gray', 'psnr').whole:.2f}" in table
    assert (tmp_path / "report" / "strips" / "one.jpg").stat().st_size > 1000


def test_beginning_and_end_are_told_apart(tmp_path: Path, clips: Path) -> None:
    shutil.rmtree(clips / "two")
    for index in range(6, 50):
        shutil.copy(clips / "one" / "00000.png", clips / "one" / f"{index:05d}.png")
    report = run(clips, [CopiedChroma()], tmp_path / "report")
    means = report.scores[0].figures["psnr"]
    lines = (tmp_path / "report" / "frames.csv").read_text().splitlines()
    values = [float(line["psnr"]) for line in csv.DictReader(lines) if line["psnr"]]
    assert means.first == pytest.approx(np.mean(values[:20]), rel=1e-5)
    assert means.last == pytest.approx(np.mean(values[-20:]), rel=1e-5)
    assert means.first < means.last


def test_a_model_gets_its_exemplars_and_is_timed(clips: Path, tmp_path: Path) -> None:
    model = Stained()
    report = run(clips, [ModelRow("stained", model)], tmp_path / "report", exemplars="first+last", frames=4)
    assert model.bound == [0, 3]
    assert [score.frames for score in report.scores] == [2, 2]
    assert all(score.seconds_per_frame and score.peak_bytes for score in report.scores)


def test_a_model_that_goes_both_ways_is_scored_so(clips: Path, tmp_path: Path) -> None:
    flow = load_model("flow", device="cpu")
    rows = [ModelRow("onward", flow), ModelRow("both", flow, both_ways=True)]
    report = run(clips, rows, tmp_path / "report", exemplars="first+last")
    assert report.mean("both", "psnr").whole > report.mean("onward", "psnr").whole


@pytest.mark.parametrize("fault", ["missing", "short", "small"])
def test_wrong_results_are_one_line_and_the_rest_is_scored(fault: str, clips: Path, tmp_path: Path) -> None:
    folder = tmp_path / "results"
    shutil.copytree(clips, folder)
    if fault == "missing":
        shutil.rmtree(folder / "one")
    elif fault == "short":
        (folder / "one" / "00005.png").unlink()
    else:
        for path in (folder / "one").iterdir():
            Image.open(path).resize((28, 20)).save(path)
    report = run(clips, [Gray(), ResultsRow("theirs", folder)], tmp_path / "report")
    assert len(report.problems) == 1
    assert report.problems[0].startswith("one, row theirs: ")
    told = {"missing": "has no one", "short": "5 frames, but the clip has 6", "small": "28x20, but the clip is 56x40"}
    assert told[fault] in report.problems[0]
    assert [(score.row, score.clip) for score in report.scores] == [
        ("gray", "one"),
        ("gray", "two"),
        ("theirs", "two"),
    ]


def test_an_unreadable_frame_is_one_line_and_not_scored(clips: Path, tmp_path: Path) -> None:
    folder = tmp_path / "results"
    shutil.copytree(clips, folder)
    (folder / "one" / "00002.png").write_bytes(b"\x89PNG broken")
    (clips / "two" / "00003.png").write_bytes(b"\x89PNG broken")
    report = run(clips, [Gray(), ResultsRow("theirs", folder)], tmp_path / "report")
    frames = {(score.row, score.clip): score.frames for score in report.scores}
    assert frames == {("gray", "one"): 5, ("theirs", "one"): 4, ("gray", "two"): 4, ("theirs", "two"): 4}
    assert sum("00002.png" in problem for problem in report.problems) == 1
    assert sum("clips/two/00003.png" in problem for problem in report.problems) == 1


def test_an_unreadable_clip_leaves_the_others(clips: Path, tmp_path: Path) -> None:
    (clips / "bad.mp4").write_bytes(b"no film at all" * 100)
    report = run(clips, [Gray()], tmp_path / "report")
    assert [score.clip for score in report.scores] == ["one", "two"]
    assert len(report.problems) == 1
    assert "bad.mp4" in report.problems[0]


def test_a_protocol_can_be_cut_to_some_figures(clips: Path, tmp_path: Path) -> None:
    chosen = STANDARD.only(["psnr", "cdc"])
    report = evaluate([Clip("one", clips / "one")], [Gray()], chosen, tmp_path / "report")
    assert set(report.scores[0].figures) == {"psnr", "cdc"}


def test_pictures_are_brought_to_the_protocols_size(clips: Path, tmp_path: Path) -> None:
    small = replace(STANDARD, size=(24, 32))
    report = evaluate(find_clips(clips), [Gray(), ResultsRow("same", clips)], small, tmp_path / "report")
    assert report.clips[0]["size"] == "32x24"
    assert report.mean("same", "psnr").whole == 100
    assert next(iter(Pictures(clips / "one", size=(24, 32)))).rgb.shape == (3, 24, 32)


def test_without_exemplars_finished_films_count_every_frame_and_models_are_refused(
    clips: Path, tmp_path: Path
) -> None:
    rows = [ResultsRow("same", clips), ModelRow("stained", Stained()), CopiedChroma()]
    report = run(clips, rows, tmp_path / "report", exemplars="none")
    assert [(score.row, score.frames) for score in report.scores] == [("same", 6), ("same", 6)]
    assert len(report.problems) == 4
    assert all("needs an exemplar" in problem for problem in report.problems)


class Boasting(Stained):
    """A model that is sure of the left half, where it is right: the pictures have the color that it gives."""

    def colorize(
        self, lumas: Iterable[Luma], references: Sequence[Reference], objects: ObjectMasks | None = None
    ) -> Iterator[Answer]:
        for answer in super().colorize(lumas, references):
            confidence = torch.full((1, 10, 14), 0.1)
            confidence[..., :7] = 0.95
            yield Answer(answer.chroma, confidence)


def test_confidence_is_held_against_the_error(
    tmp_path: Path, save_pictures: Callable[[Path, list[Tensor]], Path]
) -> None:
    lab = torch.zeros(3, 40, 56)
    lab[0], lab[1:] = 50, 20.0
    lab[1:, :, 28:] = -20.0
    picture = (color.rgb_of(lab) * 255).round().to(torch.uint8)
    clip = Clip("half", save_pictures(tmp_path / "half", [picture] * 4))
    said = evaluate([clip], [Gray(), ModelRow("boasting", Boasting())], STANDARD, tmp_path / "report")
    assert said.mean("boasting", "confidence_spearman").whole > 0.8
    assert math.isnan(said.mean("gray", "confidence_spearman").whole)
    assert list(said.calibration) == ["boasting"]
    doubtful, certain = said.calibration["boasting"]
    assert (doubtful.confidence, certain.confidence) == pytest.approx((0.1, 0.95), abs=1e-3)
    assert certain.error < 4 < 40 < doubtful.error  # a column of the wrong half seeps in at the border
    text = (tmp_path / "report" / "report.html").read_text()
    assert "Confidence against error" in text
    assert json.loads((tmp_path / "report" / "report.json").read_text())["calibration"]["boasting"][0]["share"] == 0.5


def test_flow_alone_which_is_always_sure_gets_no_figure_of_it(clips: Path, tmp_path: Path) -> None:
    report = run(clips, [sanity_rows("cpu")[-1]], tmp_path / "report", frames=3)
    assert report.calibration == {}
