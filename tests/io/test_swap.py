"""Pictures that are put in place while somebody kills the run, at every step: the old ones or the new ones."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

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
        return {path.name: path.read_text() for path in folder.iterdir() if path.is_file()} if folder.is_dir() else {}

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

    def write():
        destination = Destination.for_pictures(Pattern(out, "f_%d.png"), overwrite=overwrite)
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
        for name in ("rename", "replace", "link", "mkdir", "unlink", "rmdir", "fsync"):
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
        prepare()
        killed = child(kill_at) == signal.SIGKILL
        seen = contents(out)
        in_place = "folder" in variant or "no exchange" in variant
        if in_place:
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
        if not killed:
            break
        kill_at += 1
    print(kill_at, mixed)
"""


@pytest.mark.process
@pytest.mark.parametrize(
    "variant",
    ["nothing", "empty", "old", "old, mine", "mine", "old, folder", "folder", "old, mine, no exchange",
     "mine, no exchange"],
)  # fmt: skip
def test_case_35_a_kill_at_any_step_leaves_the_old_pictures_or_the_new(tmp_path: Path, variant: str) -> None:
    script = [sys.executable, "-c", textwrap.dedent(_SWEEP), str(tmp_path / "home"), variant]
    done = subprocess.run(script, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
    steps, mixed = map(int, done.stdout.split())
    assert steps > 8
    assert mixed < steps / 2
