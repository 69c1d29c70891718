import json
import math
import re
import shutil
from pathlib import Path

import av
import pytest
from scipy.stats import binomtest

from kinemacolor.errors import InputError, OutputExistsError, SettingError
from kinemacolor.evaluation.ballot import count_ballot, make_ballot, wilson


@pytest.fixture
def ballot(clips: Path, tmp_path: Path) -> Path:
    shutil.copytree(clips, tmp_path / "theirs")
    make_ballot({"our method": clips, "their method": tmp_path / "theirs"}, tmp_path / "out")
    return tmp_path / "out"


def vote(path: Path, ballot: Path, voter: str, choices: dict[str, str]) -> Path:
    """Answers as the page saves them: of each clip the film of the method named."""
    key = json.loads((ballot / "key.json").read_text())["films"]
    lines = ['"voter","time","clip","shown","chosen"']
    for trial in trials_of(ballot):
        chosen = next(film for film in trial["films"] if key[film] == choices[trial["clip"]])
        lines.append(f'"{voter}","2026-01-01T00:00:00Z","{trial["clip"]}","{" ".join(trial["films"])}","{chosen}"')
    path.write_text("\n".join(lines) + "\n")
    return path


def trials_of(ballot: Path) -> list[dict]:
    page = (ballot / "ballot" / "index.html").read_text()
    found = re.search(r"const trials = (.*);", page)
    assert found
    return json.loads(found[1])


def test_the_page_names_every_scene_and_no_method(ballot: Path) -> None:
    page = (ballot / "ballot" / "index.html").read_text()
    assert [trial["clip"] for trial in trials_of(ballot)] == ["one", "two"]
    assert "our method" not in page
    assert "their method" not in page
    assert not list((ballot / "ballot").glob("*.json"))
    assert "http" not in page


def test_case_35_the_key_of_a_ballot_that_was_given_away_is_kept(ballot: Path, clips: Path, tmp_path: Path) -> None:
    films, key = {"ours": clips, "theirs": tmp_path / "theirs"}, (ballot / "key.json").read_text()
    with pytest.raises(OutputExistsError, match=r"key\.json"):
        make_ballot(films, ballot)
    assert (ballot / "key.json").read_text() == key
    make_ballot(films, ballot, overwrite=True)
    assert (ballot / "key.json").read_text() != key


def test_every_film_of_the_page_plays_and_tells_nothing(ballot: Path) -> None:
    films = {film for trial in trials_of(ballot) for film in trial["films"]}
    assert {path.stem for path in (ballot / "ballot").glob("*.mp4")} == films
    assert len(films) == 4
    for film in films:
        with av.open(str(ballot / "ballot" / f"{film}.mp4")) as opened:
            assert sum(1 for _ in opened.decode(video=0)) == 6
            assert opened.streams.video[0].codec_context.name == "h264"


def test_votes_are_counted_by_method_and_scene(ballot: Path, tmp_path: Path) -> None:
    ours, theirs = "our method", "their method"
    files = [
        vote(tmp_path / "a.csv", ballot, "a", {"one": ours, "two": ours}),
        vote(tmp_path / "b.csv", ballot, "b", {"one": ours, "two": theirs}),
    ]
    count = count_ballot(ballot / "key.json", files)
    assert (count.votes[ours], count.votes[theirs], count.voters) == (3, 1, 2)
    assert count.shown == {ours: 4, theirs: 4}
    assert count.by_clip["two"] == {ours: 1, theirs: 1}
    table = count.markdown()
    assert "| our method | 3 | 4 | 75.0 % | 30.1 to 95.4 % |" in table
    assert "chance is 50.0 %" in table


@pytest.mark.parametrize(("votes", "total"), [(0, 10), (3, 10), (10, 10), (57, 200)])
def test_the_interval_is_scipys_wilson_interval(votes: int, total: int) -> None:
    expected = binomtest(votes, total).proportion_ci(0.95, method="wilson")
    found = wilson(votes, total)
    assert found.share == votes / total
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-6)


def test_without_votes_a_share_is_unknown() -> None:
    assert math.isnan(wilson(0, 0).share)


def test_answers_to_another_ballot_are_refused(ballot: Path, tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text('"voter","time","clip","shown","chosen"\n"a","","one","x y","x"\n')
    with pytest.raises(InputError, match="another ballot"):
        count_ballot(ballot / "key.json", [tmp_path / "other.csv"])
    with pytest.raises(InputError, match="no key"):
        count_ballot(tmp_path / "other.csv", [])
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(InputError, match="no answers"):
        count_ballot(ballot / "key.json", [tmp_path / "empty.csv"])


def test_a_ballot_needs_two_methods_and_a_shared_clip(clips: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="two or more"):
        make_ballot({"ours": clips}, tmp_path / "out")
    shutil.copytree(clips / "one", tmp_path / "other" / "three")
    with pytest.raises(InputError, match="no clip of one name"):
        make_ballot({"ours": clips, "theirs": tmp_path / "other"}, tmp_path / "out")
