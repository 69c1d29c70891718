from pathlib import Path

import av
import pytest
import torch

from kinemacolor.engine.track.chunk import ChunkNotes, ChunkWriter, notes_of, read_chunk, verified_notes
from kinemacolor.engine.track.levels import as_stored
from kinemacolor.engine.track.seal import BrokenSealError, read_sealed, write_sealed
from kinemacolor.errors import OutputError, TrackError
from kinemacolor.models.base import Answer


def chromas(frames: int, size: tuple[int, int] = (37, 53)) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return [torch.rand(2, *size, generator=generator) * 200 - 100 for _ in range(frames)]


@pytest.mark.parametrize("frames", [1, 7])
@pytest.mark.parametrize("size", [(37, 53), (1, 1), (48, 64)])
def test_a_chunk_gives_back_what_was_put_in(tmp_path: Path, frames: int, size: tuple[int, int]) -> None:
    path = tmp_path / "chunk.mkv"
    given = chromas(frames, size)
    chunk = ChunkWriter(path, {"key": "k"})
    for chroma in given:
        chunk.add(Answer(chroma))
    assert not path.exists()
    chunk.commit(ChunkNotes())
    found = list(read_chunk(path))
    assert len(found) == frames
    assert all(torch.equal(answer.chroma, as_stored(chroma)) for answer, chroma in zip(found, given))
    assert {answer.confidence for answer in found} == {None}
    assert sorted(each.name for each in tmp_path.iterdir()) == ["chunk.json", "chunk.mkv"]


def test_confidence_comes_along(tmp_path: Path) -> None:
    chunk = ChunkWriter(tmp_path / "chunk.mkv", {})
    for i, chroma in enumerate(chromas(5)):
        chunk.add(Answer(chroma, torch.full((1, 9, 13), i / 10)))
    notes = ChunkNotes(frames=5, confidence=[0.0, 0.1, 0.2, 0.3, 0.4])
    chunk.commit(notes)
    means = [float(answer.confidence.mean()) for answer in read_chunk(tmp_path / "chunk.mkv")]
    assert means == pytest.approx([0, 0.1, 0.2, 0.3, 0.4], abs=1 / 255)
    assert notes_of(tmp_path / "chunk.mkv") == notes


def test_a_chunk_says_what_it_is(tmp_path: Path) -> None:
    chunk = ChunkWriter(tmp_path / "chunk.mkv", {"key": "abc"})
    chunk.add(Answer(chromas(1)[0]))
    chunk.commit(ChunkNotes())
    with av.open(str(tmp_path / "chunk.mkv")) as film:
        assert film.metadata["KINEMACOLOR"] == '{"key": "abc"}'
        assert film.streams.video[0].codec_context.name == "ffv1"
        assert film.streams.video[0].codec_context.pix_fmt == "gray12le"


def test_nothing_is_there_until_all_is(tmp_path: Path) -> None:
    path = tmp_path / "chunk.mkv"
    chunk = ChunkWriter(path, {})
    chunk.add(Answer(chromas(1)[0]))
    assert notes_of(path) is None
    chunk.abandon()
    assert list(tmp_path.iterdir()) == []
    ChunkWriter(path, {}).commit(ChunkNotes())
    assert list(tmp_path.iterdir()) == []


def test_a_chunk_without_notes_counts_as_none(tmp_path: Path) -> None:
    path = tmp_path / "chunk.mkv"
    chunk = ChunkWriter(path, {})
    chunk.add(Answer(chromas(1)[0]))
    chunk.commit(ChunkNotes())
    path.with_suffix(".json").write_text('{"frames": 1, "dam')
    assert notes_of(path) is None


@pytest.mark.parametrize(
    "changed",
    [{"frames": 10**400}, {"seconds": 10**400}, {"confidence": [10**400]}, {"confidence": [-1]}, {"damaged": -1}],
)
def test_notes_with_numbers_that_nobody_wrote_are_damaged(tmp_path: Path, changed: dict[str, object]) -> None:
    path = tmp_path / "chunk.mkv"
    chunk = ChunkWriter(path, {})
    chunk.add(Answer(chromas(1)[0]))
    chunk.commit(ChunkNotes(frames=1, confidence=[0.5]))
    write_sealed(path.with_suffix(".json"), read_sealed(path.with_suffix(".json")) | changed)
    assert notes_of(path) is None
    with pytest.raises(BrokenSealError):
        verified_notes(path)


def test_a_damaged_chunk_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "chunk.mkv").write_bytes(b"not a film")
    with pytest.raises(TrackError, match=r"chunk\.mkv"):
        list(read_chunk(tmp_path / "chunk.mkv"))


def test_case_34_a_disk_that_takes_nothing_is_an_error_to_mend(tmp_path: Path) -> None:
    chunk = ChunkWriter(tmp_path / "gone" / "chunk.mkv", {})
    with pytest.raises(OutputError, match="goes on from there"):
        chunk.add(Answer(chromas(1)[0]))
