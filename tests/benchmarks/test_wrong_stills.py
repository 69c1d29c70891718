"""Each clip gets another one's first frame, and a report's rows are told over its gray one."""

import json
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from wrong_stills import by_turns, gains, pairs


def film(path: Path, color: tuple[int, int, int]) -> Path:
    """Two frames of one color, then one of black."""
    path.parent.mkdir(exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=24)
        stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p"
        for shown in (color, color, (0, 0, 0)):
            picture = np.full((32, 32, 3), shown, dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        container.mux(stream.encode())
    return path


@pytest.fixture
def folders(tmp_path: Path) -> list[Path]:
    film(tmp_path / "one" / "a.mp4", (200, 40, 40))
    film(tmp_path / "one" / "b.mp4", (40, 200, 40))
    film(tmp_path / "two" / "c.mp4", (40, 40, 200))
    return [tmp_path / "one", tmp_path / "two"]


def test_each_clip_gets_the_first_frame_of_another(folders: list[Path], tmp_path: Path) -> None:
    clips = by_turns(folders)
    assert [clip.stem for clip in clips] == ["a", "c", "b"]
    given = pairs(clips, 2, tmp_path / "out")
    assert {clip: Path(still).stem for clip, still in given.items()} == {"a": "b", "c": "a", "b": "c"}
    assert json.loads((tmp_path / "out" / "exemplars.json").read_text()) == given
    assert sorted(link.resolve() for link in (tmp_path / "out" / "clips").iterdir()) == sorted(clips)
    strongest = {clip: int(np.asarray(Image.open(still)).mean((0, 1)).argmax()) for clip, still in given.items()}
    assert strongest == {"a": 1, "c": 0, "b": 2}


def test_no_clip_gets_its_own_still_and_nothing_is_written_over(folders: list[Path], tmp_path: Path) -> None:
    clips = by_turns(folders)
    with pytest.raises(SystemExit, match="no other"):
        pairs(clips, 3, tmp_path / "out")
    with pytest.raises(SystemExit, match="same name"):
        pairs([*clips, clips[0]], 2, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    with pytest.raises(SystemExit, match="there already"):
        pairs(clips, 2, tmp_path)


def test_gains_are_over_the_gray_row(tmp_path: Path) -> None:
    def score(row: str, clip: str, value: float) -> dict[str, object]:
        return {"row": row, "clip": clip, "figures": {"psnr_ab": {"whole": value}}}

    scores = [{"row": "truth", "clip": "a", "figures": {}}, score("gray", "a", 20.0), score("gray", "b", 30.0)]
    report = tmp_path / "report.json"
    report.write_text(json.dumps({"scores": [*scores, score("lite", "a", 21.5), score("lite", "b", 29.5)]}))
    assert gains(tmp_path) == {"lite": {"a": 1.5, "b": -0.5}}
    report.write_text(json.dumps({"scores": [score("lite", "a", 21.5)]}))
    with pytest.raises(SystemExit, match="--no-sanity"):
        gains(tmp_path)
