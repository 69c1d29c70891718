"""Which names are films, and what their films in color are called."""

from pathlib import Path

import pytest

from kinemacolor.io.endings import colored_ending, is_film_name


@pytest.mark.parametrize(
    ("name", "ending"), [("a.MOV", ".MOV"), ("a.mkv", ".mkv"), ("a.avi", ".mp4"), ("a", ".mp4"), ("a.y4m", ".mp4")]
)
def test_a_film_in_color_keeps_its_container_where_it_can(name: str, ending: str) -> None:
    assert colored_ending(Path(name)) == ending


def test_films_are_told_by_their_ending_in_any_case() -> None:
    assert is_film_name(Path("reel.MP4"))
    assert not is_film_name(Path("reel.png"))
