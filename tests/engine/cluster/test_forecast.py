from pathlib import Path

from kinemacolor.engine.cluster.forecast import Forecast, forecasts
from kinemacolor.engine.cluster.here import OnlyHere
from kinemacolor.engine.cluster.units import Lost, Unit
from kinemacolor.engine.cluster.work import Done


def test_shots_time_and_disk_are_foretold_and_nothing_is_written(job, tmp_path: Path) -> None:
    jobs = [job(name) for name in "abcd"]
    (tmp_path / "b.png").unlink()
    Path(jobs[2].film.source).write_bytes(b"")
    before = sorted(tmp_path.rglob("*"))
    units: list[str] = []

    class Counted(OnlyHere):
        """Four nodes that answer in no order."""

        @property
        def room(self) -> int:
            return 4 - len(self._waiting)

        def finished(self) -> list[tuple[Unit, Done | Lost]]:
            self._waiting.reverse()
            return super().finished()

        def submit(self, unit: Unit) -> None:
            units.append(unit.kind)
            super().submit(unit)

    found = {each.job.film.source: each for each in forecasts(jobs, jobs, Counted())}
    a, b, c, d = (found[each.film.source] for each in jobs)
    assert sorted(tmp_path.rglob("*")) == before
    assert units.count("color") == 1, "films of one kind have one sample"
    assert (a.shots, a.to_do, a.frames, a.reason) == (2, 2, 12, None)
    assert a.seconds > 0
    assert a.disk_bytes > 1000
    assert d.seconds == a.seconds
    assert b.reason == f"missing stills: {tmp_path / 'b.png'}"
    assert c.reason is not None
    assert "empty" in c.reason


def test_a_film_that_is_there_takes_nothing(job) -> None:
    wanted = job()
    Path(wanted.output.output).parent.mkdir()
    Path(wanted.output.output).touch()
    assert list(forecasts([wanted], [wanted], OnlyHere())) == [Forecast(wanted, is_there=True)]
