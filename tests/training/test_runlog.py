"""Tests of the record of a run."""

from pathlib import Path

from kinemacolor.training.runlog import RunLog, read_log


def test_entries_are_read_back_in_order(tmp_path: Path) -> None:
    log = RunLog(tmp_path, step=0)
    log.write("train", 1, {"loss": 0.5})
    log.write("evaluation", 1, {"psnr": 30.0})
    assert read_log(tmp_path) == [
        {"kind": "train", "step": 1, "loss": 0.5},
        {"kind": "evaluation", "step": 1, "psnr": 30.0},
    ]


def test_going_on_from_a_step_takes_out_what_came_after_it(tmp_path: Path) -> None:
    log = RunLog(tmp_path, step=0)
    for step in (1, 2, 3):
        log.write("train", step, {"loss": float(step)})
    with (tmp_path / "log.jsonl").open("a") as file:
        file.write('{"kind": "train", "st')
    RunLog(tmp_path, step=2).write("train", 3, {"loss": 9.0})
    assert [entry["loss"] for entry in read_log(tmp_path)] == [1.0, 2.0, 9.0]


def test_a_new_run_has_an_empty_log(tmp_path: Path) -> None:
    RunLog(tmp_path, step=0).write("train", 5, {"loss": 1.0})
    RunLog(tmp_path, step=0)
    assert read_log(tmp_path) == []
