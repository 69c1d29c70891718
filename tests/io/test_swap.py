"""Pictures that are put in place while somebody kills the run, at every step: the old ones or the new ones."""

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from kinemacolor.io import swap
from kinemacolor.io.destination import Destination
from kinemacolor.io.sequence import Pattern

_SWEEP = """
    import os, shutil, signal, sys
    from pathlib import Path
    from kinemacolor.errors import OutputExistsError
    from kinemacolor.io import swap
    from kinemacolor.io.destination import Destination, Pattern

    home, variant = Path(sys.argv[1]), sys.argv[2]
    out, overwrite = home / "out", "old" in variant
    if "no exchange" in variant:
        swap.exchange = lambda *names: False

    def contents(folder):
        there = [path for path in folder.iterdir() if path.is_file()] if folder.is_dir() else []
        return {path.name: path.read_text() for path in there if not path.name.startswith(".")}

    def prepare():
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir()
        if variant != "nothing":
            out.mkdir()
        for i in range(4 if overwrite else 0):
            (out / f"f_{i}.png").write_text("old")
        if "mine" in variant:
            (out / "mine.txt").write_text("mine")
            (out / "g_1.png").symlink_to("mine.txt")
        if "folder" in variant:
            (out / "mine").mkdir()
            (out / "mine" / "f_1.png").write_text("mine")

    def stand():
        if "stands" in variant:
            os.chdir(out)

    def write():
        place = Path(os.getcwd()) if "stands" in variant else out  # after a kill: the name of that moment
        destination = Destination.for_pictures(Pattern(place, "f_%d.png"), overwrite=overwrite)
        for i in range(2):
            (destination.partial / f"f_{i}.png").write_text("new")
        destination.commit()

    def child(kill_at):
        process = os.fork()
        if process:
            return os.waitpid(process, 0)[1]
        count = 0
        def moment():
            nonlocal count
            if count == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
            count += 1
        def wrapped(act):
            def step(*given, **more):
                moment()
                result = act(*given, **more)
                moment()
                return result
            return step
        for name in ("rename", "replace", "link", "symlink", "mkdir", "unlink", "rmdir", "fsync"):
            setattr(os, name, wrapped(getattr(os, name)))
        swap.exchange = wrapped(swap.exchange)
        try:
            write()
            os._exit(0)
        except OutputExistsError:
            os._exit(1)
        except BaseException as error:
            print(repr(error), flush=True)
            os._exit(2)

    new = {"f_0.png": "new", "f_1.png": "new"}
    prepare()
    old = contents(out)
    mine = {name: text for name, text in old.items() if text == "mine"}
    kill_at, mixed = 0, 0
    while True:
        os.chdir("/")
        prepare()
        place = out.stat().st_ino if out.exists() else None
        stand()
        killed = child(kill_at) == signal.SIGKILL
        seen = contents(out)
        if "folder" in variant:
            assert contents(out / "mine") == {"f_1.png": "mine"}, kill_at
        if "no exchange" in variant:
            mixed += seen not in (old, new | mine)
            assert {name: text for name, text in seen.items() if text == "mine"} == mine, (kill_at, seen)
            assert not overwrite or {"f_0.png", "f_1.png"} <= set(seen), (kill_at, seen)
        else:
            assert seen in (old, new | mine), (kill_at, seen)
        status = os.waitstatus_to_exitcode(child(None))
        assert status == 0 or (status == 1 and seen == new | mine), (kill_at, status)
        assert contents(out) == new | mine, (kill_at, contents(out))
        assert status or not [name for name in os.listdir(home) + os.listdir(out) if "partial" in name], kill_at
        if "folder" in variant:
            assert contents(out / "mine") == {"f_1.png": "mine"}
        assert place in (None, out.stat().st_ino) and ("stands" not in variant or out.samefile("."))
        if not killed:
            break
        kill_at += 1
    print(kill_at, mixed)
"""


@pytest.mark.process
@pytest.mark.parametrize(
    "variant",
    ["nothing", "empty", "old", "old, mine", "mine", "old, folder", "folder", "old, mine, stands",
     "mine, folder, stands", "old, mine, no exchange", "mine, no exchange"],
)  # fmt: skip
def test_case_35_a_kill_at_any_step_leaves_the_old_pictures_or_the_new(tmp_path: Path, variant: str) -> None:
    script = [sys.executable, "-c", textwrap.dedent(_SWEEP), str(tmp_path / "home"), variant]
    done = subprocess.run(script, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
    steps, mixed = map(int, done.stdout.split())
    assert steps > 8
    assert mixed < steps / 2


NEW = {"f_0.png": "new", "f_1.png": "new"}


def folder_of(home: Path) -> Path:
    """Old pictures, a file and a folder of others."""
    out = home / "out"
    (out / "sub").mkdir(parents=True)
    for i in range(3):
        (out / f"f_{i}.png").write_text("old")
    (out / "mine.txt").write_text("mine")
    (out / "sub" / "deep.txt").write_text("deep")
    return out


def replace_pictures(out: Path) -> Destination:
    destination = Destination.for_pictures(Pattern(out, "f_%d.png"), overwrite=True)
    for name, text in NEW.items():
        (destination.partial / name).write_text(text)
    destination.commit()
    return destination


def contents(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def at_exchange(monkeypatch: pytest.MonkeyPatch, act: Callable[[int], bool | None]) -> None:
    """Lets ``act`` happen just before the first exchange (0) and the second (1); where it gives False, neither is."""
    real, count = swap.exchange, 0

    def exchange(one: Path, other: Path) -> bool:
        nonlocal count
        count += 1
        return act(count - 1) is not False and real(one, other)

    monkeypatch.setattr(swap, "exchange", exchange)


def test_all_is_seen_at_once_while_another_folder_stands_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = folder_of(tmp_path)
    others = {"mine.txt": "mine", "sub/deep.txt": "deep"}
    seen: list[dict[str, str]] = []

    def look(_: int) -> None:
        found = {path.name: path.read_text() for path in out.iterdir() if path.is_file() and path.name[0] != "."}
        seen.append(found | {"sub/deep.txt": (out / "sub" / "deep.txt").read_text()})

    at_exchange(monkeypatch, look)
    replace_pictures(out)
    assert seen == [{f"f_{i}.png": "old" for i in range(3)} | others, NEW | others]
    assert contents(out) == NEW | others


@pytest.mark.parametrize("moment", [0, 1])
def test_what_others_do_meanwhile_is_not_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: int) -> None:
    out = folder_of(tmp_path)

    def others_work(count: int) -> None:
        if count == moment:
            (out / "added.txt").write_text("added")
            (out / "added").mkdir()
            (out / "added" / "deep.txt").write_text("added")
            (out / "sub" / "more.txt").write_text("more")
            (out / "f_3.png").write_text("theirs")
            (out / "saved").write_text("saved")
            (out / "saved").replace(out / "mine.txt")

    at_exchange(monkeypatch, others_work)
    replace_pictures(out)
    added = {"added.txt": "added", "added/deep.txt": "added", "sub/more.txt": "more", "f_3.png": "theirs"}
    assert contents(out) == NEW | added | {"mine.txt": "saved", "sub/deep.txt": "deep"}
    assert not [path for path in (out / "sub", out / "added") if path.is_symlink()]
    assert list(tmp_path.iterdir()) == [out]


def test_files_that_take_no_hard_link_stay_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out, link = folder_of(tmp_path), os.link

    def of_somebody_else(source: Path, *given: object, **more: object) -> None:
        if Path(source).name == "mine.txt":
            raise PermissionError(1, "Operation not permitted")
        link(source, *given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "link", of_somebody_else)
    seen: list[str] = []
    at_exchange(monkeypatch, lambda _: seen.append((out / "mine.txt").read_text()))
    number = (out / "mine.txt").stat().st_ino
    replace_pictures(out)
    assert seen == ["mine", "mine"]
    assert (out / "mine.txt").lstat().st_ino == number
    assert contents(out) == NEW | {"mine.txt": "mine", "sub/deep.txt": "deep"}
    assert list(tmp_path.iterdir()) == [out]


def test_a_folder_that_cannot_take_its_name_back_does_so_with_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = folder_of(tmp_path)
    number = out.stat().st_ino
    at_exchange(monkeypatch, lambda count: count != 1)
    destination = replace_pictures(out)
    assert out.stat().st_ino != number
    assert {name: (out / name).read_text() for name in [*NEW, "mine.txt", "sub/deep.txt"]} == NEW | {
        "mine.txt": "mine",
        "sub/deep.txt": "deep",
    }
    at_exchange(monkeypatch, lambda count: False)
    destination.discard()  # removes nothing, whatever it is called on
    assert (out / "sub" / "deep.txt").read_text() == "deep"
    monkeypatch.undo()
    Destination.for_pictures(Pattern(out, "f_%d.png"), overwrite=True).discard()
    assert out.stat().st_ino == number
    assert contents(out) == NEW | {"mine.txt": "mine", "sub/deep.txt": "deep"}
    assert list(tmp_path.iterdir()) == [out]


def test_no_other_folder_stands_in_for_one_that_all_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = folder_of(tmp_path)
    assert swap.may_be_swapped(out)
    (tmp_path / "link").symlink_to(out)
    assert not swap.may_be_swapped(tmp_path / "link")
    assert not swap.may_be_swapped(Path("/"))
    out.chmod(0o777)
    assert not swap.may_be_swapped(out)
    out.chmod(0o755)
    monkeypatch.setenv("HOME", str(out))
    assert not swap.may_be_swapped(out)


def test_a_place_that_something_is_mounted_on_gets_its_pictures_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, replace = folder_of(tmp_path), Path.replace

    def across(self: Path, target: Path) -> Path:
        if self.parent == out and Path(target).parent == tmp_path:
            raise OSError(18, "Invalid cross-device link")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", across)
    at_exchange(monkeypatch, lambda _: pytest.fail("no other folder can stand in"))
    replace_pictures(out)
    assert contents(out) == NEW | {"mine.txt": "mine", "sub/deep.txt": "deep"}
    assert list(tmp_path.iterdir()) == [out]


def test_the_folder_keeps_its_attributes(tmp_path: Path) -> None:
    out = folder_of(tmp_path)
    out.chmod(0o2750)
    try:
        os.setxattr(out, "user.of", b"others")
    except (OSError, AttributeError):
        pytest.skip("no attributes on this disk")
    before = out.stat()
    replace_pictures(out)
    after = out.stat()
    assert (after.st_ino, after.st_mode, after.st_gid) == (before.st_ino, before.st_mode, before.st_gid)
    assert os.getxattr(out, "user.of") == b"others"
