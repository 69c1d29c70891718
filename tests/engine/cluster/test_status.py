import os
from pathlib import Path

import pytest

from kinemacolor.engine.cluster.films import FilmsOnNodes
from kinemacolor.engine.cluster.here import OnlyHere
from kinemacolor.engine.cluster.journal import Journal, events_of, told_by
from kinemacolor.engine.cluster.status import status_of_films
from kinemacolor.engine.track import ChromaTrack
from kinemacolor.errors import SettingError


def test_each_film_of_a_manifest_has_its_state(job, tmp_path: Path) -> None:
    jobs = [job(name) for name in "abcd"]
    rows = [f"{name}.mkv,color/{name}.mkv,{name}.png" for name in "abcd"]
    manifest, log = tmp_path / "films.csv", tmp_path / "log"
    manifest.write_text("\n".join(["input,output,exemplars", *rows]))
    Path(jobs[1].film.source).write_bytes(b"")
    assert [each.state for each in status_of_films(manifest, log).films] == ["waiting"] * 4
    list(FilmsOnNodes(jobs[:3], OnlyHere(), Journal(log)).outcomes())
    Path(jobs[2].output.output).unlink()
    next((Path(str(jobs[2].output.track)) / "shots").glob("000006*.json")).unlink()
    found = status_of_films(manifest, log)
    assert [(each.state, each.shots, each.colored) for each in found.films] == [
        ("done", 2, 2),
        ("failed", None, 0),
        ("begun", 2, 1),
        ("waiting", None, 0),
    ]
    assert "empty" in found.films[1].reason
    assert found.told.taken == 4
    folder = status_of_films(tmp_path / "color", log)
    assert [Path(each.output).name for each in folder.films] == ["a.mkv", "c.mkv"]


def test_a_track_that_a_process_works_on_says_so(tmp_path: Path) -> None:
    track = ChromaTrack(tmp_path / "a.mkv.kctrack")
    assert not track.is_at_work()
    with track:
        track.note_run(None)
        assert track.is_at_work()
        assert [each.state for each in status_of_films(tmp_path, tmp_path / "log").films] == ["at work"]
    assert not track.is_at_work()


def test_a_place_without_films_is_said(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="names no films"):
        status_of_films(tmp_path, tmp_path / "log")


def test_a_line_that_was_cut_off_spoils_no_other(tmp_path: Path) -> None:
    log = tmp_path / "log"
    Journal(log).begin(2)
    with log.open("a") as file:
        file.write('{"at": 3, "event": "tak')
    Journal(log).begin(2)
    Journal(log).note("taken", output="a", start=0)
    assert [line["event"] for line in events_of(log)] == ["begun", "begun", "taken"]
    assert next(events_of(log))["process"] == os.getpid()
    assert told_by(log).taken == 1
    assert told_by(tmp_path / "missing").taken == 0
