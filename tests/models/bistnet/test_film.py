"""A film file through BiSTNet by the engine."""

from pathlib import Path

import av
import torch
from torch import Tensor

from kinemacolor import Exemplar, color
from kinemacolor.engine.video import colorize_video
from kinemacolor.models.bistnet import BiSTNetColorizer


def test_a_film_with_its_first_and_last_frame_in_color(
    release: BiSTNetColorizer, shot: tuple[Tensor, Tensor], tmp_path: Path
) -> None:
    lumas, chromas = shot
    source, output = tmp_path / "gray.mkv", tmp_path / "color.mkv"
    with av.open(str(source), "w") as container:
        stream = container.add_stream("ffv1", rate=24)
        stream.width, stream.height, stream.pix_fmt = 80, 64, "gray"
        for luma in lumas:
            gray = color.combine(luma, torch.zeros(2, 64, 80))[0].numpy()
            container.mux(stream.encode(av.VideoFrame.from_ndarray(gray, format="gray")))
        container.mux(stream.encode())
    stills = [Exemplar(color.combine(lumas[i], chromas[i]), i) for i in (0, 7)]
    model = BiSTNetColorizer(
        release.network, release.experts, release.flow, settings=release.settings, notes=["Edges are a stand-in."]
    )
    result = colorize_video(source, output, stills, model=model, codec="ffv1")
    assert result.frames == 8
    assert "Edges are a stand-in." in result.warnings
    with av.open(str(output)) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert len(frames) == 8
    assert all(float(frame.astype(int).std(axis=2).mean()) > 1 for frame in frames)
