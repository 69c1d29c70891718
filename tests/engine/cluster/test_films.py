from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import av
import pytest

from kinemacolor.engine import spans
from kinemacolor.engine.answers import AnsweredFrame
from kinemacolor.engine.batch import JobOutcome, run_batch
from kinemacolor.engine.cluster.films import FilmsOnNodes, Standing, Ways
from kinemacolor.engine.cluster.here import OnlyHere
from kinemacolor.engine.cluster.journal import Journal, events_of, told_by
from kinemacolor.engine.cluster.places import maps_of
from kinemacolor.engine.cluster.units import Acts, Lost, Unit
from kinemacolor.engine.cluster.work import Done, color_shot, look_through
from kinemacolor.engine.job import Job
from kinemacolor.engine.sinks import TrackSink
from kinemacolor.engine.track import ChromaTrack, stem_of
from kinemacolor.engine.track.parcel import Parcel

MakeJob = Callable[..., Job]


class Many(OnlyHere):
    """Four nodes that answer in no order; ``spoil`` changes what comes back."""

    def __init__(self, spoil: Callable[[Unit, Done | Lost], Done | Lost] = lambda unit, result: result) -> None:
        super().__init__()
        self.spoil, self.most_out, self.units = spoil, 0, Counter[str]()

    @property
    def room(self) -> int:
        return 4 - len(self._waiting)

    def submit(self, unit: Unit) -> None:
        super().submit(unit)
        self.units[unit.kind] += 1
        self.most_out = max(self.most_out, len(self._waiting))

    def finished(self) -> list[tuple[Unit, Done | Lost]]:
        self._waiting.reverse()
        return [(unit, self.spoil(unit, result)) for unit, result in super().finished()]


def colored(jobs: list[Job], nodes: OnlyHere, tmp_path: Path, **settings: object) -> list[JobOutcome]:
    return list(FilmsOnNodes(jobs, nodes, Journal(tmp_path / "log"), **settings).outcomes())


def planes_of(film: Path) -> list[bytes]:
    with av.open(str(film)) as container:
        return [bytes(plane) for frame in container.decode(video=0) for plane in frame.planes]


def taken(tmp_path: Path) -> list[tuple[str, int]]:
    return [(line["output"], line["start"]) for line in events_of(tmp_path / "log") if line["event"] == "taken"]


@pytest.mark.parametrize("shared", [False, True])
def test_films_are_those_of_a_run_on_one_machine_to_the_bit(job: MakeJob, tmp_path: Path, shared: bool) -> None:
    jobs = [job("a"), job("b")]
    alone = [
        each.changed({"output": tmp_path / "alone" / Path(each.output.output).name, "track": False}) for each in jobs
    ]
    assert [each.state for each in run_batch(alone)] == ["done", "done"]
    nodes = Many()
    outcomes = colored(jobs, nodes, tmp_path, ways=Ways(shared=shared))
    assert [(each.state, each.frames) for each in outcomes] == [("done", 12), ("done", 12)]
    assert nodes.units == {"look": 2, "color": 4, "write": 2}
    for here, there in zip(alone, jobs):
        assert planes_of(Path(here.output.output)) == planes_of(Path(there.output.output))
    assert not list((tmp_path / "color").glob("*.parts"))
    assert max(Counter(taken(tmp_path)).values()) == 1


def test_the_same_again_does_only_what_is_missing(job: MakeJob, tmp_path: Path) -> None:
    a, b = job("a"), job("b")
    colored([a, b], OnlyHere(), tmp_path)
    Path(a.output.output).unlink()
    next((Path(str(a.output.track)) / "shots").glob("000006-*.json")).unlink()
    nodes = Many()
    assert sorted(each.state for each in colored([a, b], nodes, tmp_path)) == ["done", "there"]
    assert nodes.units == {"look": 1, "color": 1, "write": 1}


def test_a_film_that_cannot_be_colored_ends_with_its_reason_and_the_rest_goes_on(
    job: MakeJob, tmp_path: Path
) -> None:
    bad, fine = job("bad"), job("fine")
    Path(bad.film.source).write_bytes(b"<html></html>")
    outcomes = {each.job.film.source: each for each in colored([bad, fine], Many(), tmp_path)}
    assert outcomes[bad.film.source].state == "failed"
    assert "it looks like HTML text" in outcomes[bad.film.source].message
    assert outcomes[fine.film.source].state == "done"
    assert told_by(tmp_path / "log").failed.keys() == {str(bad.output.output)}


def test_a_codec_that_the_output_cannot_hold_is_found_before_a_shot_is_colored(job: MakeJob, tmp_path: Path) -> None:
    nodes = Many()
    (outcome,) = colored([job(codec="prores", output=tmp_path / "a.webm")], nodes, tmp_path)
    assert outcome.state == "failed"
    assert nodes.units == {"look": 1}


def test_a_film_whose_shots_keep_failing_ends_and_what_is_out_of_it_is_dropped(job: MakeJob, tmp_path: Path) -> None:
    def spoil(unit: Unit, result: Done | Lost) -> Done | Lost:
        return Lost("WorkerCrashedError: it died") if unit.kind == "color" and unit.film == 0 else result

    a, b = job("a"), job("b")
    outcomes = {each.job.film.source: each for each in colored([a, b], Many(spoil), tmp_path)}
    assert outcomes[b.film.source].state == "done"
    message = outcomes[a.film.source].message
    assert "could not be colored in several tries: WorkerCrashedError: it died" in message
    with ChromaTrack(Path(str(a.output.track))):
        pass  # it is not in use any more


def _damaged(result: Done) -> Done:
    parcel = result.value
    assert isinstance(parcel, Parcel)
    return replace(result, value=replace(parcel, files=(replace(parcel.files[0], data=b""), *parcel.files[1:])))


@pytest.mark.parametrize(("times", "state"), [(2, "done"), (3, "failed")])
def test_a_shot_that_is_damaged_on_its_way_is_colored_again_three_times_at_most(
    job: MakeJob, tmp_path: Path, times: int, state: str
) -> None:
    left = [times]

    def spoil(unit: Unit, result: Done | Lost) -> Done | Lost:
        if unit.shot is None or unit.shot.start or not left[0] or isinstance(result, Lost):
            return result
        left[0] -= 1
        return _damaged(result)

    (outcome,) = colored([job()], Many(spoil), tmp_path)
    assert outcome.state == state, outcome.message
    assert ("has changed on its way" in outcome.message) == (state == "failed")


def test_a_node_with_another_film_is_found_by_its_key(job: MakeJob, tmp_path: Path) -> None:
    def other(film: Job, *given: object) -> object:
        (_, in_short), shot, folder = given
        return color_shot(film, ("f" * 32, in_short), shot, folder)

    (outcome,) = colored([job()], OnlyHere(), tmp_path, acts=Acts(color=other))
    assert "OtherFilmError" in outcome.message
    assert "sees another still, model or version" in outcome.message


def test_a_film_that_changes_meanwhile_is_found(job: MakeJob, tmp_path: Path) -> None:
    def look(film: Job, survey: bytes | None) -> object:
        plan = look_through(film, survey)
        with Path(film.film.source).open("ab") as file:
            file.write(b"more")
        return plan

    (outcome,) = colored([job()], OnlyHere(), tmp_path, acts=Acts(look=look))
    assert "has another film at" in outcome.message


def test_only_so_many_units_are_out_as_there_is_room_for(job: MakeJob, tmp_path: Path) -> None:
    seen: list[Standing] = []
    nodes = Many()
    colored([job(name) for name in "abc"], nodes, tmp_path, told=seen.append)
    assert nodes.most_out <= 4
    assert seen[-1] == Standing(3, 3, 6, 6, 0)


def test_memory_that_was_measured_is_asked_for_from_then_on(job: MakeJob, tmp_path: Path) -> None:
    asked: list[int] = []

    class Asked(OnlyHere):
        def submit(self, unit: Unit) -> None:
            asked.extend([unit.memory_bytes] if unit.kind == "color" else [])
            super().submit(unit)

    colored([job()], Asked(), tmp_path)
    assert asked[0] == 0
    assert asked[1] > 2**26


def test_nodes_that_see_a_folder_under_another_name_are_told_of_it(job: MakeJob, tmp_path: Path) -> None:
    (tmp_path / "mount").symlink_to(tmp_path)
    here: list[bool] = []

    def look(film: Job, survey: bytes | None) -> object:
        assert str(film.film.source).startswith(f"{tmp_path}/mount/")
        return look_through(film, survey)

    class Watched(OnlyHere):
        def submit(self, unit: Unit) -> None:
            here.extend([unit.here] if unit.kind == "write" else [])
            super().submit(unit)

    ways = Ways(maps_of([f"{tmp_path}={tmp_path}/mount"]), shared=True)
    (outcome,) = colored([job()], Watched(), tmp_path, ways=ways, acts=Acts(look=look))
    assert outcome.state == "done", outcome.message
    assert here == [True]


def test_an_interruption_leaves_the_tracks_to_others(job: MakeJob, tmp_path: Path) -> None:
    def interrupt(unit: Unit, result: Done | Lost) -> Done | Lost:
        if unit.shot is not None and unit.shot.start:
            raise KeyboardInterrupt
        return result

    wanted = job()

    def interrupted() -> Iterator[JobOutcome]:
        yield from FilmsOnNodes([wanted], Many(interrupt), Journal(tmp_path / "log")).outcomes()

    with pytest.raises(KeyboardInterrupt):
        list(interrupted())
    nodes = Many()
    (outcome,) = colored([wanted], nodes, tmp_path)
    assert outcome.state == "done"
    assert nodes.units["color"] in (1, 2)


def test_a_long_take_in_a_shared_folder_is_gone_on_from_its_last_span(
    job: MakeJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spans, "SPAN_FRAMES", 3)
    wanted = job(shots="none", model="matching", working_size="32")
    plan = look_through(wanted)
    (shot,) = plan.shots
    taken_in = TrackSink.take
    seen = [0]

    def dies(sink: TrackSink, answered: AnsweredFrame) -> None:
        seen[0] += 1
        if seen[0] == 10:
            raise RuntimeError("the node dies")
        taken_in(sink, answered)

    monkeypatch.setattr(TrackSink, "take", dies)
    given = (wanted, (plan.signature, plan.in_short), shot, tmp_path / "parts")
    with pytest.raises(RuntimeError, match="the node dies"):
        color_shot(*given)
    place = tmp_path / "parts" / stem_of(shot.start, shot.key) / "shots"
    first = next(place.glob("*.000000.mkv"))
    before = first.stat().st_mtime_ns
    parcel = color_shot(*given)
    assert parcel.notes.frames == 12
    assert first.stat().st_mtime_ns == before
    assert len(list(place.glob("*.mkv"))) >= 3
