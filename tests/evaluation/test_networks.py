import math
from pathlib import Path

import pytest
import torch

from kinemacolor.errors import WeightsError
from kinemacolor.evaluation.clips import find_clips
from kinemacolor.evaluation.networks import NetworkFiles, Networks, load_networks
from kinemacolor.evaluation.protocols import PROTOCOLS
from kinemacolor.evaluation.rows import Gray, ResultsRow, Truth
from kinemacolor.evaluation.run import RunSettings, evaluate
from kinemacolor.metrics.inception import Inception
from kinemacolor.metrics.lpips import Lpips


@pytest.fixture(autouse=True)
def _empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KINEMACOLOR_CACHE", str(tmp_path / "cache"))


def test_without_files_figures_are_left_out_and_each_is_named() -> None:
    networks, notes = load_networks(PROTOCOLS["standard"].figures, NetworkFiles())
    assert networks.lacking >= {"lpips", "fid"}
    assert len(notes) == 2
    assert any("lpips" in note and "--lpips-weights" in note for note in notes)
    assert any("fid" in note and "--fid-weights" in note for note in notes)


def test_a_file_that_is_given_and_bad_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "bad.pth").write_bytes(b"bad")
    with pytest.raises(WeightsError, match=r"bad\.pth"):
        load_networks(["fid"], NetworkFiles(fid=tmp_path / "bad.pth"))


def test_networks_that_no_figure_needs_are_not_asked_for() -> None:
    networks, notes = load_networks(["psnr"], NetworkFiles())
    assert networks == Networks()
    assert not notes


def test_a_report_with_random_networks_has_their_figures(clips: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    inception = Inception(fid=True)
    networks = Networks(lpips=Lpips(8), fid=inception, fid_clip=inception)
    protocol = PROTOCOLS["colormnet-2024"]
    report = evaluate(
        find_clips(clips),
        [Truth(), Gray(), ResultsRow("same", clips)],
        protocol,
        tmp_path / "report",
        settings=RunSettings(networks=networks),
    )
    assert report.mean("same", "lpips_unscaled").whole == 0
    assert report.mean("gray", "lpips_unscaled").whole != 0
    assert report.mean("same", "fid_clip").whole == pytest.approx(0, abs=1e-4)
    assert math.isnan(report.mean("truth", "fid_clip").whole)


def test_fid_of_all_clips_together_is_one_figure(clips: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    settings = RunSettings(networks=Networks(fid=Inception(fid=True)))
    protocol = PROTOCOLS["standard"].only(["psnr", "fid"])
    report = evaluate(find_clips(clips), [Gray()], protocol, tmp_path / "report", settings=settings)
    assert report.pooled["gray"]["fid"] == report.mean("gray", "fid").whole > 0
    assert all("fid" not in score.figures for score in report.scores)
    assert f"{report.pooled['gray']['fid']:.2f}" in (tmp_path / "report" / "report.md").read_text()


def test_the_classifier_comes_with_the_installation(clips: Path, tmp_path: Path) -> None:
    protocol = PROTOCOLS["deep-exemplar"].only(["top1", "top5"])
    networks, notes = load_networks(protocol.figures, NetworkFiles())
    assert not notes
    settings = RunSettings(networks=networks)
    report = evaluate(
        find_clips(clips), [ResultsRow("same", clips)], protocol, tmp_path / "report", settings=settings
    )
    assert report.mean("same", "top1").whole == report.mean("same", "top5").whole == 100
