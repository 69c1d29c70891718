import builtins
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kinemacolor.evaluation.clips import find_clips
from kinemacolor.evaluation.curves import MOST_POINTS, curves, mean_curve, thinned
from kinemacolor.evaluation.protocols import PROTOCOLS
from kinemacolor.evaluation.report import Report
from kinemacolor.evaluation.rows import CopiedChroma, Gray, ModelRow, Truth
from kinemacolor.evaluation.run import evaluate
from kinemacolor.evaluation.table import best_rows, latex
from kinemacolor.models.load import load_model

PROTOCOL = PROTOCOLS["standard"].only(["psnr", "cdc", "colorfulness"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the report lies; made once for all tests, which only read it."""
    return tmp_path_factory.mktemp("evaluation") / "report"


@pytest.fixture(scope="module")
def report(folder: Path, two_clips: Callable[[Path], Path]) -> Report:
    rows = [Truth(), Gray(), CopiedChroma(), ModelRow("flow", load_model("flow", device="cpu"))]
    return evaluate(find_clips(two_clips(folder.parent / "clips")), rows, PROTOCOL, folder)


def test_the_html_report_needs_no_other_file(report: Report, folder: Path) -> None:
    text = (folder / "report.html").read_text()
    links = re.findall(r'(?:src|href)="([^"#]+)', text)
    assert links
    assert all(link.startswith("data:image/jpeg;base64,") for link in links)
    assert "@import" not in text
    assert "<script" not in text


def test_the_html_report_shows_figures_plots_and_pictures(report: Report, folder: Path) -> None:
    text = (folder / "report.html").read_text()
    assert f"{report.mean('flow', 'psnr').whole:.2f}" in text
    assert text.count("<svg") == 3  # over frames, by clip, cost
    assert text.count("<img") == 2  # one strip a clip
    assert "copied chroma" in text
    assert str(report.provenance["date"]) in text


def test_names_are_escaped_in_html(clips: Path, tmp_path: Path) -> None:
    row = Gray()
    row.name = "<b>bold</b>"  # type: ignore[misc]
    evaluate(find_clips(clips), [row], PROTOCOL, tmp_path / "odd")
    text = (tmp_path / "odd" / "report.html").read_text()
    assert "<b>bold" not in text
    assert "&lt;b&gt;bold" in text


def test_without_matplotlib_the_other_files_are_there_and_the_extra_is_named(
    clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    true_import = builtins.__import__

    def refuse(name: str, *rest: Any, **named: Any) -> Any:
        if name == "kinemacolor.evaluation" and "plots" in (rest[2] if len(rest) > 2 else ()):
            raise ModuleNotFoundError("No module named 'matplotlib'", name="matplotlib")
        return true_import(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", refuse)
    said: list[str] = []
    evaluate(find_clips(clips), [Gray()], PROTOCOL, tmp_path / "bare", say=said.append)
    assert "kinemacolor[eval]" in said[-1]
    assert not (tmp_path / "bare" / "report.html").exists()
    assert (tmp_path / "bare" / "report.tex").exists()


def test_latex_has_a_line_a_row_and_the_best_in_bold(report: Report) -> None:
    text = latex(report)
    assert text.count(r"\\") == 1 + len(report.rows)
    best = best_rows(report, "psnr")
    assert len(best) == 1
    line = next(line for line in text.splitlines() if line.startswith(best.copy().pop()))
    assert rf"\textbf{{{report.mean(best.pop(), 'psnr').whole:.2f}}}" in line


def test_neither_truth_nor_gray_is_ever_best(report: Report) -> None:
    assert not best_rows(report, "cdc") & {"truth", "gray"}
    assert best_rows(report, "colorfulness") == set()


def test_curves_come_back_as_they_were_measured(report: Report, folder: Path) -> None:
    found = curves(folder / "frames.csv", "psnr")
    assert "truth" not in found
    assert [frame for frame, _ in found["gray"]["one"]] == [1, 2, 3, 4, 5]
    mean = sum(value for _, value in mean_curve(found["gray"])) / 5
    assert mean == pytest.approx(report.mean("gray", "psnr").whole, rel=1e-5)


def test_a_long_curve_is_thinned_by_means() -> None:
    curve = [(i, float(i)) for i in range(10_000)]
    thin = thinned(curve)
    assert len(thin) == MOST_POINTS
    assert thin[0] == (0, 12.0)
    assert sum(value for _, value in thin) / len(thin) == pytest.approx(4999.5)


def test_the_mean_curve_has_the_frames_that_all_clips_have() -> None:
    assert mean_curve({"a": [(1, 2.0), (2, 4.0), (3, 9.0)], "b": [(2, 8.0), (3, 1.0)]}) == [(2, 6.0), (3, 5.0)]
