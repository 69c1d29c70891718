"""The studio from a film that comes in to one that goes out; processes of its own do the work."""

import shutil
import time
from pathlib import Path

import av
import numpy as np
import pytest

from kinemacolor.errors import ExemplarError, GrayExemplarError, InputError
from kinemacolor.studio.limits import Limits
from kinemacolor.studio.strokes import Stroke
from kinemacolor.studio.studio import Studio

pytestmark = pytest.mark.process


def frames_of(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as film:
        return [np.concatenate([np.frombuffer(plane, np.uint8) for plane in f.planes]) for f in film.decode(video=0)]


def is_over(studio: Studio, name: str) -> bool:
    return all(work["state"] in ("done", "failed", "stopped") for work in studio.works(name))


def states(studio: Studio, name: str) -> list[str]:
    return [shot["state"] for shot in studio.describe(name)["shots"]]


def test_a_film_is_colored_corrected_and_written_as_the_command_line_does(
    studio: Studio, put_in, still_of, wait, reel: Path, tmp_path: Path
) -> None:
    heard = []
    studio.events.listen(heard.append)
    name = put_in()
    assert states(studio, name) == ["none", "none"]
    wait(lambda: studio.describe(name)["suggestions"])
    studio.changes.add_still(name, still_of(3), "ref_000003.png", None)
    studio.changes.add_stroke(name, Stroke(14, "#2050a0", ((30, 20),)))
    studio.color(name, [10])
    wait(lambda: is_over(studio, name))
    assert states(studio, name) == ["none", "done"]
    assert {event["frame"] for event in heard if event["kind"] == "frame"} <= set(range(10, 20))
    assert studio.views.picture(name, 12, "color") is not None
    assert studio.views.picture(name, 2, "color") is None
    studio.write(name, "ffv1")
    wait(lambda: is_over(studio, name))
    assert [work["state"] for work in studio.works(name)] == ["done", "done"]
    written = studio.output(name, studio.describe(name)["outputs"][0]["name"])

    from kinemacolor.engine.video import colorize_video

    (tmp_path / "ref_000003.png").write_bytes(still_of(3))
    own = tmp_path / "own.mkv"
    colorize_video(reel, own, [tmp_path / "ref_000003.png"], model="flow", codec="ffv1", points=("30,20@14=#2050a0",))
    ours, theirs = frames_of(written), frames_of(own)
    assert len(ours) == len(theirs) == 20
    assert all(np.array_equal(a, b) for a, b in zip(ours, theirs))
    with av.open(str(written)) as film:
        assert [stream.codec_context.name for stream in film.streams.audio] == ["flac"]


def test_a_correction_changes_its_shot_only_and_undo_brings_it_back(studio: Studio, put_in, still_of, wait) -> None:
    name = put_in()
    studio.changes.add_still(name, still_of(3), "still.png", 3)
    assert studio.describe(name)["stills"][0]["frame"] == 3
    studio.color(name, None)
    wait(lambda: is_over(studio, name))
    assert states(studio, name) == ["done", "done"]
    studio.changes.add_stroke(name, Stroke(14, "#2050a0", ((30, 20),)))
    wait(lambda: studio.describe(name)["planned"])
    assert states(studio, name) == ["done", "old"]
    assert studio.views.picture(name, 14, "color") is not None
    studio.changes.edit(name, lambda film: film.edits.undo())
    wait(lambda: studio.describe(name)["planned"])
    assert states(studio, name) == ["done", "done"]


def test_a_work_is_stopped_within_a_second_and_goes_on(studio: Studio, put_in, still_of, wait) -> None:
    name = put_in()
    studio.changes.add_still(name, still_of(3), "ref_000003.png", None)
    work = studio.color(name, None)
    wait(lambda: any(each["state"] == "running" for each in studio.works(name)))
    began = time.monotonic()
    studio.stop(work["id"])
    assert time.monotonic() - began < 1
    assert studio.works(name)[0]["state"] == "stopped"
    studio.color(name, None)
    wait(lambda: is_over(studio, name))
    assert states(studio, name) == ["done", "done"]


def test_works_and_finished_shots_outlive_the_program(studio: Studio, put_in, still_of, wait) -> None:
    name = put_in()
    studio.changes.add_still(name, still_of(3), "ref_000003.png", None)
    studio.color(name, [0])
    wait(lambda: is_over(studio, name))
    studio.color(name, None)
    wait(lambda: studio.works(name)[-1]["state"] == "running" or is_over(studio, name))
    studio.close()
    again = Studio(studio.folder.root, options={"model": "flow"})
    again.start()
    try:
        assert again.describe(name)["shots"][0]["state"] == "done"
        wait(lambda: is_over(again, name))
        assert states(again, name) == ["done", "done"]
    finally:
        again.close()


def test_a_process_that_is_killed_takes_nothing_with_it(studio: Studio, put_in, still_of, wait) -> None:
    name = put_in()
    studio.changes.add_still(name, still_of(3), "ref_000003.png", None)
    studio.color(name, None)
    wait(lambda: any(each["state"] == "running" for each in studio.works(name)))
    studio._own_helpers[1].kill()
    wait(lambda: is_over(studio, name))
    assert states(studio, name) == ["done", "done"]


def test_what_cannot_serve_is_said_in_a_sentence(
    studio: Studio, put_in, still_of, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, partial = studio.incoming.begin("letter.mkv")
    partial.write_bytes(b"<html>no film</html>" * 100)
    with pytest.raises(InputError, match=r"letter\.mkv is not a video") as caught:
        studio.incoming.end(name, partial, "letter.mkv")
    assert str(tmp_path) not in str(caught.value)
    assert studio.films() == []
    film = put_in()
    with pytest.raises(GrayExemplarError, match="no color to give"):
        studio.changes.add_still(film, still_of(3, (1, 1, 1)), "gray.png", None)
    with pytest.raises(ExemplarError, match="Paint a frame or drop a still"):
        studio.color(film, None)
    free = shutil.disk_usage(tmp_path)._replace(free=2**30)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: free)
    studio.incoming.check(2**30)
    with pytest.raises(InputError, match=r"1\.00 GiB left"):
        studio.incoming.check(2**30 + 1)


def test_case_48_a_film_beyond_the_limits_is_refused_and_nothing_of_it_stays(
    studio: Studio, reel: Path, tmp_path: Path
) -> None:
    studio._shelf.limits = Limits(pixels=64 * 47)
    name, partial = studio.incoming.begin("reel.mkv")
    partial.write_bytes(reel.read_bytes())
    with pytest.raises(InputError, match="are the limit"):
        studio.incoming.end(name, partial, "reel.mkv")
    assert studio.films() == []
    assert not list((studio.folder.root / "films").iterdir())


def test_a_frame_is_painted_and_is_a_still_then(studio: Studio, put_in, wait) -> None:
    import io

    from PIL import Image

    name = put_in()
    layer = Image.new("RGBA", (64, 48))
    layer.paste((200, 80, 40, 255), (4, 4, 20, 20))
    data = io.BytesIO()
    layer.save(data, "PNG")
    assert studio.changes.paint(name, 12, data.getvalue(), keep=False)[:2] == b"\xff\xd8"
    assert studio.describe(name)["stills"] == []
    studio.changes.paint(name, 12, data.getvalue(), keep=True)
    (still,) = studio.describe(name)["stills"]
    assert (still["frame"], still["there"]) == (12, True)
    wait(lambda: studio.describe(name)["planned"])
