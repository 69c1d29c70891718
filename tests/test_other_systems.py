"""What would fail on Windows or macOS, as far as it can be seen from here: in the source, and with parts away."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "kinemacolor"
POSIX_MODULES = {"fcntl", "grp", "pwd", "resource", "termios", "tty", "pty"}
POSIX_NAMES = {
    "os": {"fork", "getuid", "geteuid", "sync", "fchmod", "chown", "mkfifo", "killpg", "setsid", "O_DIRECTORY",
           "O_NOFOLLOW", "O_NONBLOCK", "sched_getaffinity", "statvfs", "getpgid", "posix_fadvise"},
    "signal": {"SIGHUP", "SIGALRM", "SIGKILL", "SIGPIPE", "SIGUSR1", "SIGUSR2", "setitimer", "pthread_sigmask"},
}  # fmt: skip
"""Names that Windows does not have."""


@cache
def trees() -> list[tuple[str, ast.Module]]:
    paths = sorted(SOURCE.rglob("*.py"))
    return [(path.relative_to(SOURCE).as_posix(), ast.parse(path.read_text(encoding="utf-8"))) for path in paths]


@cache
def calls() -> list[tuple[str, ast.Call, str]]:
    """Every call: where, the call, and the last name of what is called."""
    return [
        (f"{name}:{node.lineno}", node, _last_name(node.func))
        for name, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
    ]


def _last_name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def mode_of(call: ast.Call) -> str | None:
    """The mode of a file that is opened; None where the call opens no file."""
    function = ast.unparse(call.func)
    given = [*call.args[1:2]] if function in ("open", "io.open") else [*call.args[:1]]
    given += [each.value for each in call.keywords if each.arg == "mode"]
    if any(not (isinstance(each, ast.Constant) and isinstance(each.value, str)) for each in given):
        return None
    modes = [each.value for each in given if isinstance(each, ast.Constant)]
    if function.rpartition(".")[0] and (
        not modes and not call.keywords and re.search(r"[A-Z]|av|os|webbrowser", function)
    ):
        return None  # Film.open, av.open, a codec's context
    mode = str(modes[0]) if modes else "r"
    return mode if re.fullmatch(r"[rwxabt+]+", mode) else None


def test_every_text_file_is_opened_in_utf_8() -> None:
    wrong = []
    for where, call, name in calls():
        is_text = name in ("read_text", "write_text")
        is_open = name == "open" and not ast.unparse(call.func).startswith(
            ("av.", "os.", "Image.", "self.", "context.")
        )
        if is_open and not is_text:
            mode = mode_of(call)
            is_text = mode is not None and "b" not in mode
        if is_text and "encoding" not in {each.arg for each in call.keywords}:
            wrong.append(f"{where} {ast.unparse(call)[:80]}")
    assert not wrong, "\n".join(wrong)


def guarded(tree: ast.Module) -> set[ast.AST]:
    """All that stands below a ``hasattr``, a look at the system's name, or a ``try``."""
    found: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If | ast.IfExp | ast.Try | ast.BoolOp):
            words = ast.unparse(node.test) if isinstance(node, ast.If | ast.IfExp) else ast.unparse(node)
            is_look = isinstance(node, ast.Try) or re.search(r"hasattr|os\.name|sys\.platform|fcntl", words)
            found |= set(ast.walk(node)) if is_look else set()
    return found


def test_what_only_posix_has_is_asked_for_first() -> None:
    wrong = []
    for name, tree in trees():
        safe = guarded(tree)
        for node in ast.walk(tree):
            owner = node.value.id if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) else None
            if owner and node.attr in POSIX_NAMES.get(owner, ()) and node not in safe:
                wrong.append(f"{name}:{node.lineno} {owner}.{node.attr}")
            names = {alias.name for alias in node.names} if isinstance(node, ast.Import) else set()
            if names & POSIX_MODULES and node not in safe:
                wrong.append(f"{name}:{node.lineno} import of {names & POSIX_MODULES}")
    assert not wrong, "\n".join(wrong)


RENAMED_TO_NOTHING = {"io/swap.py", "training/checkpoints.py", "web/rooms.py"}
"""Modules that rename to names of which they have made sure that nothing is there; Windows refuses it otherwise."""


def test_files_are_replaced_and_not_renamed() -> None:
    renaming = {where.partition(":")[0] for where, _, name in calls() if name == "rename"}
    assert renaming <= RENAMED_TO_NOTHING


METHODS = ("spawn", "forkserver")


def test_no_process_is_forked_from_one_with_threads() -> None:
    for where, call, name in calls():
        if name in ("get_context", "set_start_method"):
            assert next(each.value for each in call.args if isinstance(each, ast.Constant)) in METHODS, where
        assert name != "fork", where


@pytest.mark.parametrize("name", ["CON.mov", "nul", "Com1.mp4", "lpt9.tar.gz", "aux .mkv"])
def test_no_film_is_called_as_a_device_of_windows(name: str) -> None:
    from kinemacolor.studio.films import safe_name

    assert safe_name(name).split(".")[0].upper() not in {"CON", "NUL", "COM1", "LPT9", "AUX"}


@pytest.mark.parametrize(
    "name", ["C:\\films\\reel.mov", "\\\\server\\share\\reel.mov", "reel.mov::$DATA", 'a<b>:"|?*.mov', "reel. . "]
)
def test_no_film_is_called_as_a_path_of_windows(name: str) -> None:
    from kinemacolor.studio.films import safe_name

    assert not set(safe_name(name)) & set('<>:"/\\|?*')
    assert safe_name(name).rstrip(" .") == safe_name(name)


def test_an_output_is_written_where_there_are_no_locks_of_files(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from kinemacolor import colorize_video
    from kinemacolor.io import locks

    monkeypatch.setattr(locks, "fcntl", None)
    sample = Path(__file__).parents[1] / "examples" / "sample"
    result = colorize_video(sample / "bw.mp4", tmp_path / "out.mkv", [sample], model="flow", end=2)
    assert result.frames == 2
    assert [path.name for path in tmp_path.glob("*.mkv")] == ["out.mkv"]
    assert not list(tmp_path.glob(".*partial*"))


def test_a_folder_that_cannot_be_flushed_does_no_harm(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from kinemacolor.io import swap

    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(swap.os, "open", refuse)
    swap.flush(tmp_path)


def test_names_that_cannot_change_places_are_replaced_one_by_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As on Windows, where neither ``renameat2`` nor ``renamex_np`` is."""
    from kinemacolor import colorize_video
    from kinemacolor.io import swap

    monkeypatch.delattr(swap.os, "getuid", raising=False)
    sample = Path(__file__).parents[1] / "examples" / "sample"
    for _ in range(2):
        done = colorize_video(
            sample / "bw.mp4", tmp_path / "out", [sample], model="flow", end=2, overwrite=True, track=False
        )
        assert done.frames == 2
    assert len(list((tmp_path / "out").glob("*.png"))) == 2


def test_the_command_begins_without_the_signals_of_posix(monkeypatch: pytest.MonkeyPatch) -> None:
    import signal

    from kinemacolor import cli

    before = {name: signal.getsignal(getattr(signal, name)) for name in ("SIGINT", "SIGTERM", "SIGHUP")}
    for name in ("SIGHUP", "SIGALRM", "setitimer"):
        monkeypatch.delattr(signal, name)
    monkeypatch.setattr(cli, "app", lambda: None)
    try:
        cli.main()
    finally:
        monkeypatch.undo()
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)


@pytest.mark.process
@pytest.mark.parametrize(
    "settings", [{"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, {"LC_ALL": "tr_TR.UTF-8"}]
)
def test_commands_work_in_other_locales(settings: dict[str, str], tmp_path: Path) -> None:
    import os
    import subprocess
    import sys

    sample = Path(__file__).parents[1] / "examples" / "sample" / "bw.mp4"
    (film := tmp_path / "Größe 映画 ı.mp4").write_bytes(sample.read_bytes())
    command = [sys.executable, "-m", "kinemacolor", "probe", str(film)]
    done = subprocess.run(command, capture_output=True, check=False, env={**os.environ, **settings})
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    assert b"640x360" in done.stdout
