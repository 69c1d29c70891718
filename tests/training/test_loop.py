"""Tests of the loop: it learns, it may stop at any moment, and several processes do what one does."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from standin import RECIPE, Squares, Standin, without_chance

from kinemacolor.data.dataset import Request
from kinemacolor.errors import ModelError, OutputError, OutputExistsError, SettingError, WeightsError
from kinemacolor.training import checkpoints
from kinemacolor.training.checkpoints import checkpoints_of
from kinemacolor.training.loop import Progress, RunSettings, train
from kinemacolor.training.runlog import read_log

HELD_OUT = [Squares()[Request(1000 + i, frames=2, crop_px=32)] for i in range(2)]
SETTINGS = RunSettings(device="cpu", log_every_steps=1, evaluate_every_steps=4, checkpoint_every_steps=5)


def run(out: Path, **changes: object):
    given = {"validation": HELD_OUT, "seed": 3, "settings": SETTINGS, **changes}
    return train(given.pop("recipe", RECIPE), given.pop("data", Squares()), out, **given)


def entries(out: Path) -> list[dict]:
    """The log without times."""
    return [{name: value for name, value in entry.items() if name != "seconds"} for entry in read_log(out)]


def assert_equal_runs(one: Path, other: Path) -> None:
    for name in ("weights.safetensors", "best.safetensors"):
        ours, theirs = load_file(one / name), load_file(other / name)
        assert ours.keys() == theirs.keys()
        assert all(torch.equal(ours[key], theirs[key]) for key in ours)
    assert entries(one) == entries(other)
    states = [torch.load(checkpoints_of(out)[-1] / "state.pt", weights_only=True) for out in (one, other)]
    for ours, theirs in zip(*(state["optimizer"]["state"].values() for state in states)):
        assert all(torch.equal(ours[key], theirs[key]) for key in ours)


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    out = tmp_path_factory.mktemp("uninterrupted")
    assert run(out).ending == "complete"
    torch.set_num_threads(threads)
    return out


def test_a_run_lowers_the_loss_and_beats_gray(tmp_path: Path) -> None:
    result = run(tmp_path, steps=150, settings=replace(SETTINGS, evaluate_every_steps=150))
    losses = [entry["loss"] for entry in read_log(tmp_path) if entry["kind"] == "train"]
    assert sum(losses[-20:]) < 0.6 * sum(losses[:20])
    gray = replace(RECIPE, predict=lambda _, batch: torch.zeros_like(batch.chromas))
    from kinemacolor.training.validate import validate

    assert result.psnr > validate(gray, Standin(), HELD_OUT, torch.device("cpu")).psnr + 3


def test_a_run_leaves_weights_log_strips_and_checkpoints(uninterrupted: Path) -> None:
    names = {path.name for path in uninterrupted.iterdir()}
    assert names == {"weights.safetensors", "best.safetensors", "log.jsonl", "strips", "checkpoints"}
    assert [path.name for path in checkpoints_of(uninterrupted)] == ["00000010", "00000012"]
    with Image.open(uninterrupted / "strips" / "00000012.png") as strip:
        assert strip.size == (5 * 32, 2 * 32)
    kinds = [(entry["kind"], entry["step"]) for entry in read_log(uninterrupted)]
    assert [step for kind, step in kinds if kind == "evaluation"] == [4, 8, 12]
    assert [step for kind, step in kinds if kind == "train"] == list(range(1, 13))


def test_case_35_what_no_run_has_left_is_neither_replaced_nor_removed(tmp_path: Path) -> None:
    mine = tmp_path / "weights.safetensors"
    mine.write_text("mine")
    for resume in (True, False):
        with pytest.raises(OutputExistsError, match="no run has left it"):
            run(tmp_path, settings=replace(SETTINGS, resume=resume))
    assert mine.read_text() == "mine"
    mine.unlink()
    for name in ("strips", "tensorboard", "checkpoints"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "holiday.png").write_text("mine")
    run(tmp_path, steps=1)
    run(tmp_path, steps=1, settings=replace(SETTINGS, resume=False))
    kept = [tmp_path / name / "holiday.png" for name in ("strips", "tensorboard", "checkpoints")]
    assert [path.read_text() for path in kept] == ["mine"] * 3


@pytest.mark.parametrize("name", ["checkpoints", "strips"])
def test_case_46_a_run_writes_and_removes_nothing_behind_a_link(name: str, tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    (theirs / "00000001").mkdir(parents=True)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / name).symlink_to(theirs)
    with pytest.raises(OutputError, match="is a link"):
        run(tmp_path / "run", steps=1)
    assert [path.name for path in theirs.iterdir()] == ["00000001"]


def test_clips_and_crops_grow_and_the_rate_rises_and_falls(uninterrupted: Path) -> None:
    log = [entry for entry in read_log(uninterrupted) if entry["kind"] == "train"]
    assert [entry["frames"] for entry in log] == [2] * 6 + [3] * 6
    assert [entry["crop_px"] for entry in log] == [16] * 6 + [24] * 6
    rates = [entry["learning_rate"] for entry in log]
    assert rates[:4] == pytest.approx([0.0025, 0.005, 0.0075, 0.01])
    assert rates[4:] == sorted(rates[4:], reverse=True)
    assert rates[-1] < 0.001


@pytest.mark.parametrize("where", [1, 5, 7])
def test_a_run_stopped_by_sigterm_and_resumed_equals_an_uninterrupted_one(
    uninterrupted: Path, tmp_path: Path, where: int
) -> None:
    def end(progress: Progress) -> None:
        if progress.step == where:
            os.kill(os.getpid(), signal.SIGTERM)

    stopped = run(tmp_path, progress=end)
    assert (stopped.ending, stopped.step) == ("stopped", where)
    assert run(tmp_path).ending == "complete"
    assert_equal_runs(tmp_path, uninterrupted)


def test_a_run_killed_without_warning_goes_on_from_its_last_checkpoint_and_equals_an_uninterrupted_one(
    uninterrupted: Path, tmp_path: Path
) -> None:
    def crash(progress: Progress) -> None:
        if progress.step == 9:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, progress=crash)
    assert [path.name for path in checkpoints_of(tmp_path)] == ["00000005"]
    (tmp_path / "checkpoints" / "00000007.123.partial").mkdir()
    with (tmp_path / "log.jsonl").open("a") as log:
        log.write('{"kind": "tr')
    first_steps = []
    run(tmp_path, progress=lambda progress: first_steps.append(progress.step))
    assert first_steps[0] == 6
    assert not list((tmp_path / "checkpoints").glob("*.partial"))
    assert_equal_runs(tmp_path, uninterrupted)


def test_workers_change_nothing(uninterrupted: Path, tmp_path: Path) -> None:
    run(tmp_path, settings=replace(SETTINGS, workers=1))
    assert_equal_runs(tmp_path, uninterrupted)


def test_another_seed_gives_another_run(uninterrupted: Path, tmp_path: Path) -> None:
    run(tmp_path, seed=4, steps=1)
    assert entries(tmp_path)[0]["loss"] != entries(uninterrupted)[0]["loss"]


def test_a_run_leaves_the_callers_random_numbers_and_signal_handlers_alone(tmp_path: Path) -> None:
    torch.manual_seed(0)
    handler = signal.getsignal(signal.SIGTERM)
    expected = torch.rand(3, generator=torch.Generator().manual_seed(0))
    run(tmp_path, steps=1)
    assert torch.equal(torch.rand(3), expected)
    assert signal.getsignal(signal.SIGTERM) is handler


def test_a_sitting_ends_when_its_time_is_up(tmp_path: Path) -> None:
    result = run(tmp_path, settings=replace(SETTINGS, stop_after_minutes=0.0))
    assert (result.ending, result.step) == ("out of time", 1)
    assert len(checkpoints_of(tmp_path)) == 1


def test_checkpoints_come_by_minutes_too(tmp_path: Path) -> None:
    settings = replace(SETTINGS, checkpoint_every_steps=100, checkpoint_every_minutes=0.0, keep_checkpoints=20)
    run(tmp_path, settings=settings)
    assert len(checkpoints_of(tmp_path)) == 12


def test_beginning_afresh_removes_the_earlier_run_and_nothing_else(uninterrupted: Path, tmp_path: Path) -> None:
    run(tmp_path, steps=6)
    (tmp_path / "notes.txt").write_text("mine")
    run(tmp_path, settings=replace(SETTINGS, resume=False))
    assert_equal_runs(tmp_path, uninterrupted)
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_folder_of_another_run_is_refused(tmp_path: Path) -> None:
    run(tmp_path, steps=5)
    with pytest.raises(SettingError, match="has seed 3, not 4"):
        run(tmp_path, seed=4)
    with pytest.raises(SettingError, match="has recipe standin, not other"):
        run(tmp_path, recipe=replace(RECIPE, name="other"))
    with pytest.raises(SettingError, match="at step 5 already"):
        run(tmp_path, steps=4)


def test_a_damaged_checkpoint_is_named(tmp_path: Path) -> None:
    run(tmp_path, steps=1)
    (checkpoints_of(tmp_path)[-1] / "state.pt").write_bytes(b"")
    with pytest.raises(WeightsError, match="00000001 is damaged"):
        run(tmp_path)


def test_steps_whose_gradient_is_no_number_are_left_out_and_many_on_end_are_an_error(tmp_path: Path) -> None:
    def sometimes(network, batch, moment):
        terms = RECIPE.losses(network, batch, moment)
        return {"l1": terms["l1"] * (float("nan") if moment.step % 2 else 1.0)}

    run(tmp_path / "some", recipe=replace(RECIPE, losses=sometimes))
    weights = load_file(tmp_path / "some" / "weights.safetensors")
    assert all(torch.isfinite(value).all() for value in weights.values())

    def never(network, batch, moment):
        return {"l1": RECIPE.losses(network, batch, moment)["l1"] * float("nan")}

    with pytest.raises(ModelError, match="NaN or infinite in 20 steps"):
        run(tmp_path / "none", recipe=replace(RECIPE, losses=never), steps=40)


def test_frozen_norms_keep_their_statistics(tmp_path: Path) -> None:
    run(tmp_path / "frozen", recipe=replace(RECIPE, frozen_norms=True), steps=2)
    run(tmp_path / "learnt", steps=2)
    means = [load_file(tmp_path / n / "weights.safetensors")["mix.1.running_mean"] for n in ("frozen", "learnt")]
    assert torch.all(means[0] == 0)
    assert torch.any(means[1] != 0)


def test_groups_have_rates_of_their_own_and_what_they_leave_out_stays(tmp_path: Path) -> None:
    recipe = replace(RECIPE, groups=lambda network: [(list(network.out.parameters()), 0.5)])
    run(tmp_path, recipe=recipe, steps=5)
    torch.manual_seed(checkpoints_seed())
    untrained = Standin().state_dict()
    trained = load_file(checkpoints_of(tmp_path)[-1] / "network.safetensors")
    assert torch.equal(trained["mix.0.weight"], untrained["mix.0.weight"])
    assert not torch.equal(trained["out.weight"], untrained["out.weight"])
    state = torch.load(checkpoints_of(tmp_path)[-1] / "state.pt", weights_only=True)
    group = state["optimizer"]["param_groups"][0]
    assert group["lr"] == pytest.approx(0.5 * entries(tmp_path)[-2]["learning_rate"])


@pytest.mark.parametrize("amsgrad", [False, True])
def test_amsgrad_is_a_recipes_choice_and_goes_on_after_a_stop(amsgrad: bool, tmp_path: Path) -> None:
    recipe = replace(RECIPE, amsgrad=amsgrad)
    for steps in (5, 10):
        run(tmp_path, recipe=recipe, steps=steps)
        state = torch.load(checkpoints_of(tmp_path)[-1] / "state.pt", weights_only=True)["optimizer"]["state"]
        assert len(state) > 0
        assert all(("max_exp_avg_sq" in each) == amsgrad for each in state.values())


def checkpoints_seed() -> int:
    from kinemacolor.data.draw import seed_of

    return seed_of(3, "network")


def test_bf16_trains_too(tmp_path: Path) -> None:
    run(tmp_path, settings=replace(SETTINGS, bf16=True))
    losses = [entry["loss"] for entry in read_log(tmp_path) if entry["kind"] == "train"]
    assert losses[-1] < losses[0]


def test_tensorboard_is_asked_for_by_name_where_it_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard.writer", None)
    with pytest.raises(SettingError, match=r"pip install kinemacolor\[train\]"):
        run(tmp_path, settings=replace(SETTINGS, tensorboard=True))


@pytest.mark.process
@pytest.mark.slow  # starts three processes
def test_two_processes_do_what_one_does(tmp_path: Path) -> None:
    script = Path(__file__).parent / "standin.py"
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", str(script)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    words = [*command, str(tmp_path / "two")]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    train(without_chance(), Squares(), tmp_path / "one", validation=HELD_OUT, settings=RunSettings(device="cpu"))
    ours, theirs = (load_file(tmp_path / name / "weights.safetensors") for name in ("one", "two"))
    assert all(torch.allclose(ours[key], theirs[key], atol=1e-5) for key in ours)
    logs = [(tmp_path / name / "log.jsonl").read_text().splitlines() for name in ("one", "two")]
    assert [json.loads(line)["step"] for line in logs[1]] == [1, 10, 12]
    assert json.loads(logs[1][1])["loss"] == pytest.approx(json.loads(logs[0][1])["loss"], rel=1e-5)


def test_a_batch_that_processes_cannot_share_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from contextlib import contextmanager

    from kinemacolor.training import loop
    from kinemacolor.training.distributed import ProcessGroup

    @contextmanager
    def three(_device):
        yield ProcessGroup(torch.device("cpu"), 0, 3)

    monkeypatch.setattr(loop, "process_group", three)
    with pytest.raises(SettingError, match="batch of 4 cannot be shared by 3"):
        run(tmp_path)


def test_a_checkpoint_holds_nothing_but_tensors_and_numbers(uninterrupted: Path) -> None:
    folder = checkpoints_of(uninterrupted)[-1]
    assert {path.name for path in folder.iterdir()} == {"network.safetensors", "mean.safetensors", "state.pt"}
    state = torch.load(folder / "state.pt", weights_only=True)
    assert state["step"] == 12
    assert checkpoints_of(uninterrupted / "none") == []
    assert checkpoints.checkpoints_of(uninterrupted)[-1] == folder
