"""A small run of ``benchmarks/web/uploads.py``: people who come at once are served, and see only what is theirs."""

import asyncio
import sys
from pathlib import Path

import pytest

pytest.importorskip("starlette", reason="the page needs the extra 'web'")
pytest.importorskip("httpx", reason="asks the server without a browser")

pytestmark = [pytest.mark.process, pytest.mark.timeout(600)]
FOLDER = Path(__file__).parents[2] / "benchmarks" / "web"


def test_six_people_who_come_at_once_are_served_and_see_their_own_films(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(FOLDER))
    try:
        import page
        import uploads

        film = tmp_path / "film.mp4"
        page.write_film(film, 1, 12, (48, 64))
        server = page.Server(tmp_path / "work", ("--host", "0.0.0.0", "--model", "flow"))
        try:
            people, faults = asyncio.run(uploads.run(server.address, 6, [film]))
        finally:
            server.close()
    finally:
        for name in ("page", "uploads"):
            sys.modules.pop(name, None)
    assert faults == []
    assert [(len(user.served), user.other) for user in people] == [(1, [])] * 6
    assert len(list((tmp_path / "work" / "rooms").iterdir())) == 6
