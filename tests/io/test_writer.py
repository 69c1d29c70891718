"""A film in, a film out: luma, size, times, tags and all other streams come through."""

import signal
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import av
import numpy as np
import pytest
import torch

from kinemacolor.errors import CodecError, OutputError, OutputExistsError
from kinemacolor.frames import Frame
from kinemacolor.io import VideoWriter, open_reader, open_writer, probe
from kinemacolor.io.count import Packets

LOSSLESS_FORMATS = [
    "yuv420p", "yuv422p", "yuv444p", "yuv440p", "yuv411p", "yuva420p", "yuva444p", "gray", "yuv420p10le",
    "yuv422p10le", "yuv444p12le", "yuv420p16le", "gray10le", "gray12le", "gray16le", "yuva444p10le", "gbrp",
]  # fmt: skip
ODD_SIZES = [(1, 1), (13, 17), (405, 719), (1081, 1921), (64, 36), (32, 640)]


@pytest.mark.parametrize("name", LOSSLESS_FORMATS)
def test_case_15_ffv1_luma_is_the_sources_bit_for_bit(media: SimpleNamespace, tmp_path: Path, name: str) -> None:
    draw = None
    if name == "gbrp":

        def draw(index: int) -> av.VideoFrame:
            gray = media.noisy_luma(index, 48, 64, limited=False)
            return av.VideoFrame.from_ndarray(np.repeat(gray[..., None], 3, 2), format="rgb24").reformat(
                format="gbrp"
            )

    codec, ending = ("utvideo", "avi") if name == "gbrp" else ("ffv1", "mkv")
    source = media.encode(tmp_path / f"in.{ending}", codec=codec, pixel_format=name, frames=3, draw=draw)
    media.colored(source, tmp_path / "out.mkv", codec="ffv1")
    with open_reader(source) as before, open_reader(tmp_path / "out.mkv") as after:
        pairs = list(zip(before, after, strict=True))
    assert len(pairs) == 3
    for a, b in pairs:
        np.testing.assert_array_equal(a.planes.y, b.planes.y)
        assert (a.planes.bits, a.planes.full_range) == (b.planes.bits, b.planes.full_range)
        assert a.planes.matrix == b.planes.matrix
        if a.planes.alpha is not None:
            np.testing.assert_array_equal(a.planes.alpha, b.planes.alpha)
        assert len(np.unique(b.planes.u)) == 1


@pytest.mark.parametrize("limited", [True, False])
def test_case_15_full_and_limited_range_stay_what_they_are(
    media: SimpleNamespace, tmp_path: Path, limited: bool
) -> None:
    tags = {"color_range": 1 if limited else 2}
    source = media.encode(tmp_path / "in.mkv", size=(64, 64), frames=2, limited=limited, tags=tags)
    for name, codec in (("a.mkv", "ffv1"), ("b.mp4", "h264"), ("c.mkv", "h265"), ("d.webm", "vp9")):
        done = media.colored(source, tmp_path / name, codec=codec)
        assert probe(tmp_path / name).full_range is not limited
        assert not done.warnings
    np.testing.assert_array_equal(media.lumas_of(source)[1], media.lumas_of(tmp_path / "a.mkv")[1])


def test_full_range_that_prores_cannot_mark_is_rescaled_with_a_warning(
    media: SimpleNamespace, tmp_path: Path
) -> None:
    source = media.encode(tmp_path / "in.mkv", frames=1, limited=False, tags={"color_range": 2})
    done = media.colored(source, tmp_path / "out.mov", codec="prores")
    assert any("luma is rescaled from full range" in text for text in done.warnings)
    wanted = media.lumas_of(source)[0] * (876 / 255) + 64
    assert np.abs(media.lumas_of(tmp_path / "out.mov")[0] - wanted).mean() < 4


@pytest.mark.parametrize("size", ODD_SIZES)
@pytest.mark.parametrize(
    ("ending", "codec"), [("mp4", "h264"), ("mkv", "ffv1"), ("mkv", "h265"), ("webm", "vp9"), ("mp4", "av1")]
)
def test_case_08_odd_sizes_keep_their_size(
    media: SimpleNamespace, tmp_path: Path, size: tuple[int, int], ending: str, codec: str
) -> None:
    if min(size) < {"h265": 64, "av1": 4}.get(codec, 1):
        pytest.skip("refused; see the test of that error")
    source = media.encode(tmp_path / "in.mkv", size=size, frames=1)
    media.colored(source, tmp_path / f"out.{ending}", codec=codec)
    info = probe(tmp_path / f"out.{ending}")
    assert (info.height, info.width) == size
    assert info.display_size == size
    if codec == "ffv1":
        np.testing.assert_array_equal(media.lumas_of(source)[0], media.lumas_of(tmp_path / "out.mkv")[0])


@pytest.mark.parametrize(
    ("codec", "ending", "size"),
    [("h265", "mkv", (1, 1)), ("h265", "mkv", (22, 34)), ("av1", "mp4", (2, 8)), ("dnxhr", "mov", (64, 64))],
)
def test_size_that_an_encoder_refuses_is_an_error_before_decoding(
    media: SimpleNamespace, tmp_path: Path, codec: str, ending: str, size: tuple[int, int]
) -> None:
    source = media.encode(tmp_path / "in.mkv", size=size, frames=1)
    with pytest.raises(CodecError, match=f"{size[1]}x{size[0]}"), open_reader(source) as reader:
        open_writer(tmp_path / f"out.{ending}", reader, codec=codec)
    assert [path.name for path in tmp_path.iterdir()] == ["in.mkv"]


@pytest.mark.parametrize("flips", [(False, False), (True, False)])
@pytest.mark.parametrize("degrees", [0, 90, 180, -90])
@pytest.mark.parametrize("ending", ["mp4", "mov", "mkv"])
def test_case_10_rotation_and_flip_come_through(
    media: SimpleNamespace, tmp_path: Path, degrees: int, flips: tuple[bool, bool], ending: str
) -> None:
    source = media.encode(tmp_path / "in.mov", codec="libx264", frames=2, rotation=(degrees, *flips))
    media.colored(source, tmp_path / f"out.{ending}")
    before, after = probe(source), probe(tmp_path / f"out.{ending}")
    assert after.rotation_degrees == before.rotation_degrees
    assert after.display_size == before.display_size
    if ending != "mkv":
        assert after.display_matrix == before.display_matrix
    if not any(flips):
        assert before.rotation_degrees == -degrees % 360
        assert before.display_size == ((48, 64) if degrees % 180 == 0 else (64, 48))


@pytest.mark.parametrize("ending", ["mp4", "mkv", "mov", "avi"])
def test_case_11_sample_aspect_comes_through(media: SimpleNamespace, tmp_path: Path, ending: str) -> None:
    source = media.encode(
        tmp_path / "in.mkv", codec="libx264", size=(576, 720), frames=1, sample_aspect=Fraction(64, 45)
    )
    media.colored(source, tmp_path / f"out.{ending}")
    info = probe(tmp_path / f"out.{ending}")
    assert info.sample_aspect == Fraction(64, 45)
    assert info.display_size == (576, 1024)


VARIABLE = [3000, 6003, 9006, 18000, 18500, 40000, 41001, 90000, 90001, 120000]


@pytest.mark.parametrize("codec", ["h264", "ffv1", "h265", "av1"])
def test_case_12_variable_rate_b_frames_and_late_start_keep_every_time_in_mp4(
    media: SimpleNamespace, tmp_path: Path, codec: str
) -> None:
    source = media.encode(
        tmp_path / "in.mp4", codec="libx264", size=(64, 64), frames=10, times=VARIABLE,
        time_base=Fraction(1, 90000), options={"bf": "3"}, container_options={"movie_timescale": "90000"},
    )  # fmt: skip
    times = media.times_of(source)
    assert times == [Fraction(time, 90000) for time in VARIABLE]
    done = media.colored(source, tmp_path / "out.mp4", codec=codec)
    assert media.times_of(tmp_path / "out.mp4") == times
    assert not done.warnings


@pytest.mark.parametrize("ending", ["mkv", "mov", "mp4"])
def test_case_12_times_of_mkv_are_exact_in_every_container(
    media: SimpleNamespace, tmp_path: Path, ending: str
) -> None:
    times = [40, 81, 120, 500, 533, 1700]
    source = media.encode(tmp_path / "in.mkv", frames=6, times=times, time_base=Fraction(1, 1000))
    media.colored(source, tmp_path / f"out.{ending}", codec="h264")
    assert media.times_of(tmp_path / f"out.{ending}") == [Fraction(time, 1000) for time in times]


def test_case_12_mkv_rounds_finer_times_to_the_nearest(media: SimpleNamespace, tmp_path: Path) -> None:
    source = media.encode(
        tmp_path / "in.mp4", codec="libx264", frames=10, times=VARIABLE, time_base=Fraction(1, 90000)
    )
    done = media.colored(source, tmp_path / "out.mkv")
    off = [abs(a - b) for a, b in zip(media.times_of(source), media.times_of(tmp_path / "out.mkv"), strict=True)]
    assert max(off) <= Fraction(1, 2000)
    assert not done.warnings  # as it does of every film; docs/films.md


def test_times_that_are_rounded_by_much_are_said_once(media: SimpleNamespace, tmp_path: Path) -> None:
    source = media.encode(
        tmp_path / "in.mkv", frames=6, times=[0, 30, 80, 130, 150, 210], time_base=Fraction(1, 1000)
    )
    done = media.colored(source, tmp_path / "out.avi")
    assert sum("nearest" in text for text in done.warnings) == 1
    fast = media.encode(tmp_path / "fast.mp4", codec="libx264", frames=6, rate=240, time_base=Fraction(1, 240))
    done = media.colored(fast, tmp_path / "out.mkv")
    assert sum("nearest" in text for text in done.warnings) == 1


def test_case_12_edit_list_and_negative_sound_start_keep_picture_times(
    media: SimpleNamespace, tmp_path: Path
) -> None:
    source = media.encode(tmp_path / "in.mp4", codec="libx264", frames=25, sound="aac", options={"bf": "2"})
    assert media.packets_of(source, "audio")[0][1] < 0
    for ending in ("mp4", "mkv", "mov"):
        media.colored(source, tmp_path / f"out.{ending}")
        assert media.times_of(tmp_path / f"out.{ending}") == media.times_of(source)
        assert len(media.packets_of(tmp_path / f"out.{ending}", "audio")) == len(media.packets_of(source, "audio"))


def test_case_12_variable_rate_is_warned_of_where_a_container_knows_one_rate(
    media: SimpleNamespace, tmp_path: Path
) -> None:
    source = media.encode(
        tmp_path / "in.mp4", codec="libx264", frames=4, times=[0, 3600, 9000, 9999], time_base=Fraction(1, 90000)
    )
    done = media.colored(source, tmp_path / "out.avi")
    assert any("nearest" in text for text in done.warnings)


RATES = [
    Fraction(24000, 1001),
    Fraction(30000, 1001),
    Fraction(60000, 1001),
    Fraction(1000001, 40000),
    Fraction(25, 2),
]


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("ending", ["mp4", "mov"])
def test_case_13_rational_rates_are_never_rounded(
    media: SimpleNamespace, tmp_path: Path, rate: Fraction, ending: str
) -> None:
    source = media.encode(tmp_path / "in.mp4", codec="libx264", frames=30, rate=rate)
    media.colored(source, tmp_path / f"out.{ending}")
    assert media.times_of(tmp_path / f"out.{ending}") == [index / rate for index in range(30)]
    assert probe(tmp_path / f"out.{ending}").frame_rate == rate


@pytest.mark.parametrize("codec", ["h264", "h265", "prores", "ffv1", "av1"])
def test_case_16_color_tags_come_through_with_every_codec(media: SimpleNamespace, tmp_path: Path, codec: str) -> None:
    tags = {"color_primaries": 9, "color_trc": 16, "colorspace": 9, "color_range": 1}
    source = media.encode(tmp_path / "in.mkv", pixel_format="yuv422p10le", size=(128, 256), frames=2, tags=tags)
    name = "out.mov" if codec == "prores" else "out.mkv"
    media.colored(source, tmp_path / name, codec=codec)
    info = probe(tmp_path / name)
    assert (info.primaries, info.transfer, info.matrix_code) == (9, 16, 9)
    assert info.matrix == "bt2020"
    assert info.bits == 10


def test_dnxhr_is_made_and_marked_as_bt709(media: SimpleNamespace, tmp_path: Path) -> None:
    source = media.encode(tmp_path / "in.mkv", size=(128, 256), frames=1, tags={"colorspace": 6})
    done = media.colored(source, tmp_path / "out.mov", codec="dnxhr")
    assert done.writer.layout.matrix == "bt709"
    assert probe(tmp_path / "out.mov").matrix == "bt709"


def test_case_16_missing_tags_stay_missing_and_an_assumed_matrix_is_written(
    media: SimpleNamespace, tmp_path: Path
) -> None:
    untagged = media.encode(tmp_path / "untagged.mkv", codec="libx264", frames=1)
    media.colored(untagged, tmp_path / "a.mkv")
    assert probe(tmp_path / "a.mkv").matrix_code == 2
    gray = media.encode(tmp_path / "gray.mkv", pixel_format="gray", frames=1)
    media.colored(gray, tmp_path / "b.mkv")
    assert probe(tmp_path / "b.mkv").matrix_code == 6
    assert probe(tmp_path / "b.mkv").matrix == probe(gray).matrix == "bt601"


def test_case_16_hdr_mastering_data_reach_x265(media: SimpleNamespace, tmp_path: Path) -> None:
    display = "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)"
    tags = {"color_primaries": 9, "color_trc": 16, "colorspace": 9, "color_range": 1}
    source = media.encode(
        tmp_path / "in.mkv", codec="libx265", pixel_format="yuv420p10le", size=(64, 64), frames=2, tags=tags,
        options={"x265-params": f"log-level=error:master-display={display}:max-cll=1000,400"},
    )  # fmt: skip
    info = probe(source)
    assert dict(info.hdr) == {"master-display": display, "max-cll": "1000,400"}
    media.colored(source, tmp_path / "out.mkv", codec="h265")
    assert probe(tmp_path / "out.mkv").hdr == info.hdr


@pytest.mark.parametrize(
    ("pixel_format", "codec", "wanted"),
    [
        ("gray", "h264", "yuv420p"), ("yuv422p", "h264", "yuv422p"), ("yuv420p10le", "h264", "yuv420p10le"),
        ("gray", "ffv1", "yuv444p"), ("gray16le", "ffv1", "yuv444p16le"), ("yuv420p", "prores", "yuv422p10le"),
        ("yuv444p10le", "prores-4444", "yuv444p10le"), ("yuv420p", "dnxhr", "yuv422p"),
        ("yuv420p10le", "dnxhr", "yuv422p10le"), ("gray10le", "h265", "yuv420p10le"), ("gbrp", "h264", "yuv420p"),
        ("gray12le", "h265", "yuv420p12le"), ("yuv444p", "av1", "yuv420p"), ("yuva444p", "ffv1", "yuva444p"),
    ],
)  # fmt: skip
def test_pixel_format_follows_the_source(
    media: SimpleNamespace, tmp_path: Path, pixel_format: str, codec: str, wanted: str
) -> None:
    size = (128, 256)
    draw = None
    if pixel_format == "gbrp":

        def draw(index: int) -> av.VideoFrame:
            return av.VideoFrame.from_ndarray(np.full((*size, 3), 90, np.uint8), format="rgb24").reformat(
                format="gbrp"
            )

    made_with, ending = ("utvideo", "avi") if pixel_format == "gbrp" else ("ffv1", "mkv")
    source = media.encode(
        tmp_path / f"in.{ending}", codec=made_with, pixel_format=pixel_format, size=size, frames=1, draw=draw
    )
    output = tmp_path / ("out.mov" if codec.startswith(("prores", "dnx")) else "out.mkv")
    done = media.colored(source, output, codec=codec)
    assert done.writer.layout.pixel_format == wanted


def test_depth_that_an_encoder_cannot_take_is_rounded_and_said(media: SimpleNamespace, tmp_path: Path) -> None:
    source = media.encode(tmp_path / "in.mkv", pixel_format="yuv420p10le", size=(128, 256), frames=1)
    done = media.colored(source, tmp_path / "out.mov", codec="dnxhr-sq")
    assert done.writer.layout.bits == 8
    assert any("stores 8 bits here and the source has 10" in text for text in done.warnings)


@pytest.mark.parametrize(
    ("ending", "codec", "message"),
    [
        ("webm", "prores", r"webm cannot hold prores. Write it to .mov or .mkv"),
        ("mov", "ffv1", r"mov cannot hold ffv1. Write it to .*mkv"),
        ("mp4", "dnxhr", r"mp4 cannot hold dnxhr. Write it to .mov"),
        ("mp4", "nonsense", r"no encoder 'nonsense' here. Use one of av1, .*h264"),
        ("mp4", "aac", r"'aac' does not encode video"),
        ("xyz", None, r"'out.xyz' does not end like a film. Use one of .*\.mp4"),
    ],
)
def test_wrong_combination_is_refused_at_once_and_names_what_works(
    media: SimpleNamespace, tmp_path: Path, ending: str, codec: str | None, message: str
) -> None:
    source = media.encode(tmp_path / "in.mkv", frames=1)
    with pytest.raises(CodecError, match=message), open_reader(source) as reader:
        open_writer(tmp_path / f"out.{ending}", reader, codec=codec)
    assert [path.name for path in tmp_path.iterdir()] == ["in.mkv"]


def test_vp9_that_takes_8_bits_only_says_so_for_10(media: SimpleNamespace, tmp_path: Path) -> None:
    source = media.encode(tmp_path / "in.mkv", pixel_format="yuv420p10le", frames=1)
    done = media.colored(source, tmp_path / "out.webm", codec="vp9")
    assert any("stores 8 bits" in text for text in done.warnings)


def test_pixel_format_that_would_recompute_luma_is_refused(media: SimpleNamespace, tmp_path: Path) -> None:
    source = media.encode(tmp_path / "in.mkv", frames=1)
    with pytest.raises(CodecError, match="does not take pixel format 'gbrp'"), open_reader(source) as reader:
        open_writer(tmp_path / "out.mkv", reader, codec="ffv1", pixel_format="gbrp")


def test_quality_reaches_the_encoder(media: SimpleNamespace, tmp_path: Path) -> None:
    source = media.encode(tmp_path / "in.mkv", frames=4, size=(128, 128))
    sizes = []
    for quality in (10.0, 40.0):
        media.colored(source, tmp_path / f"{quality}.mp4", quality=quality)
        sizes.append((tmp_path / f"{quality}.mp4").stat().st_size)
    assert sizes[0] > 2 * sizes[1]
    with pytest.raises(CodecError, match="ffv1 has no quality setting"), open_reader(source) as reader:
        open_writer(tmp_path / "out.mkv", reader, codec="ffv1", quality=3.0)


def test_case_35_existing_output_is_refused_and_replaced_only_when_complete(
    media: SimpleNamespace, tmp_path: Path
) -> None:
    source = media.encode(tmp_path / "in.mkv", frames=3)
    output = tmp_path / "out.mkv"
    output.write_bytes(b"old")
    with pytest.raises(OutputExistsError, match="exists already"):
        media.colored(source, output)
    with (
        pytest.raises(RuntimeError, match="stop"),
        open_reader(source) as reader,
        open_writer(output, reader, overwrite=True) as writer,
    ):
        for frame in reader:
            planes = media.tinted(frame.planes, writer.layout.subsampling)
            writer.write(Frame(planes=planes, index=frame.index, seconds=frame.seconds))
            raise RuntimeError("stop")
    assert output.read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.mkv", "out.mkv"]
    media.colored(source, output, overwrite=True)
    assert probe(output).frames == 3


def test_case_35_input_is_never_the_output(media: SimpleNamespace, tmp_path: Path) -> None:
    source = media.encode(tmp_path / "in.mkv", frames=1)
    link = tmp_path / "link.mkv"
    link.symlink_to(source)
    before = source.read_bytes()
    for output in (source, link):
        with pytest.raises(OutputError, match="is the input"):
            media.colored(source, output, overwrite=True)
    assert source.read_bytes() == before


def test_case_35_missing_or_closed_folder_is_said_before_any_work(
    media: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = media.encode(tmp_path / "in.mkv", frames=1)
    with open_reader(source) as reader, pytest.raises(OutputError, match=r"no folder .*nowhere"):
        open_writer(tmp_path / "nowhere" / "out.mkv", reader)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "touch", refuse)
    with (
        open_reader(source) as reader,
        pytest.raises(OutputError, match=r"cannot be written to \(Permission denied\)"),
    ):
        open_writer(tmp_path / "out.mkv", reader)


def test_case_33_interrupt_leaves_nothing_behind(media: SimpleNamespace, tmp_path: Path) -> None:
    source = media.encode(tmp_path / "in.mkv", frames=3)
    with (
        pytest.raises(KeyboardInterrupt),
        open_reader(source) as reader,
        open_writer(tmp_path / "out.mp4", reader),
    ):
        signal.raise_signal(signal.SIGINT)
    assert [path.name for path in tmp_path.iterdir()] == ["in.mkv"]


@pytest.mark.parametrize("ending", ["ts", "avi", "flv"])
def test_container_that_moves_all_streams_says_by_how_much(
    media: SimpleNamespace, tmp_path: Path, ending: str
) -> None:
    source = media.encode(tmp_path / "in.mkv", codec="libx264", frames=30, size=(64, 64), sound="libmp3lame")
    done = media.colored(source, tmp_path / f"out.{ending}")
    moved = {a - b for a, b in zip(media.times_of(tmp_path / f"out.{ending}"), media.times_of(source), strict=True)}
    said = [text for text in done.warnings if "the same for all streams" in text]
    assert max(moved) - min(moved) <= Fraction(1, 1000)
    assert len(said) == (max(moved) > Fraction(1, 1000))
    assert all(f"{float(max(moved)):.2f}" in text for text in said)


def test_avi_that_holds_no_start_time_says_so(media: SimpleNamespace, tmp_path: Path) -> None:
    source = media.encode(tmp_path / "in.mkv", frames=5, times=[200, 240, 280, 320, 360], time_base=Fraction(1, 1000))
    done = media.colored(source, tmp_path / "out.avi")
    assert any("avi holds no start time: picture and sound begin 0.200 s earlier" in text for text in done.warnings)
    assert media.times_of(tmp_path / "out.avi") == [Fraction(index, 25) for index in range(5)]


def test_case_32_the_same_frames_give_the_same_h264_film_every_time(media: SimpleNamespace, tmp_path: Path) -> None:
    source = media.encode(tmp_path / "in.mkv", size=(90, 160), frames=50)
    found = set()
    for _ in range(12):
        media.colored(source, tmp_path / "out.mkv", codec="h264", overwrite=True)
        with av.open(str(tmp_path / "out.mkv")) as film:
            found.add(b"".join(bytes(packet) for packet in film.demux(video=0) if packet.size))
    assert len(found) == 1


def test_case_43_output_that_lost_packets_is_refused(
    media: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = media.encode(tmp_path / "in.mkv", frames=5)
    monkeypatch.setattr("kinemacolor.io.count.packets_of", lambda *_: {0: Packets(4, Fraction(0))})
    with pytest.raises(OutputError, match="not complete: stream 0 has 4 of 5 packets"):
        media.colored(source, tmp_path / "out.mkv")
    assert [path.name for path in tmp_path.iterdir()] == ["in.mkv"]


def test_case_34_disk_that_takes_no_more_is_an_output_error(media: SimpleNamespace, tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    source = media.encode(tmp_path / "in.mkv", frames=5, size=(256, 256))
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limit[1]))
    try:
        with pytest.raises(OutputError, match=r"Writing .* failed|cannot be read back|not complete"):
            media.colored(source, tmp_path / "out.mkv")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert [path.name for path in tmp_path.iterdir()] == ["in.mkv"]


def test_case_14_interlaced_source_is_said_and_stays_marked(media: SimpleNamespace, tmp_path: Path) -> None:
    source = media.encode(
        tmp_path / "in.mkv", codec="mpeg2video", frames=4, options={"flags": "+ildct+ilme"},
        tags={"field_order": 2},
    )  # fmt: skip
    info = probe(source)
    assert info.interlaced
    assert any("interlaced" in text for text in info.warnings)


def test_case_18_black_white_and_constant_films_come_through(media: SimpleNamespace, tmp_path: Path) -> None:
    for value in (16, 235, 128):

        def draw(index: int, value: int = value) -> av.VideoFrame:
            frame = media.planar_frame("yuv420p", index, 32, 32)
            media.fill(frame, [np.full((32, 32), value, np.uint8)])
            return frame

        source = media.encode(tmp_path / f"{value}.mkv", size=(32, 32), frames=2, draw=draw)
        media.colored(source, tmp_path / f"out{value}.mkv", codec="ffv1")
        assert all((luma == value).all() for luma in media.lumas_of(tmp_path / f"out{value}.mkv"))


@pytest.mark.parametrize("ending", ["mp4", "mkv", "avi"])
def test_case_33_interrupt_amid_frames_is_quiet_and_leaves_nothing(
    media: SimpleNamespace, tmp_path: Path, ending: str, capfd: pytest.CaptureFixture[str]
) -> None:
    source = media.encode(tmp_path / "in.mkv", frames=60, sound="aac")
    with (
        pytest.raises(KeyboardInterrupt),
        open_reader(source) as reader,
        open_writer(tmp_path / f"out.{ending}", reader) as writer,
    ):
        for frame in reader:
            planes = media.tinted(frame.planes, writer.layout.subsampling)
            writer.write(Frame(planes=planes, index=frame.index, seconds=frame.seconds))
        signal.raise_signal(signal.SIGINT)
    assert [path.name for path in tmp_path.iterdir()] == ["in.mkv"]
    assert capfd.readouterr().err == ""


def test_info_alone_serves_as_source_and_brings_the_sound(media: SimpleNamespace, tmp_path: Path) -> None:
    source = media.encode(tmp_path / "in.mkv", frames=5, sound="aac")
    with open_reader(source) as reader, VideoWriter(tmp_path / "out.mkv", reader.info) as writer:
        for frame in reader:
            planes = media.tinted(frame.planes, writer.layout.subsampling)
            writer.write(Frame(planes=planes, index=frame.index, seconds=frame.seconds))
    assert media.packets_of(tmp_path / "out.mkv", "audio") == media.packets_of(source, "audio")


def test_alpha_that_is_lost_is_said(media: SimpleNamespace, tmp_path: Path) -> None:
    source = media.encode(tmp_path / "in.mkv", pixel_format="yuva420p", frames=1)
    assert any("no alpha" in text for text in media.colored(source, tmp_path / "out.mp4").warnings)
    assert not media.colored(source, tmp_path / "out.mkv", codec="ffv1").warnings


def test_jpeg_sited_source_gives_a_centered_layout(media: SimpleNamespace, tmp_path: Path) -> None:
    source = media.encode(
        tmp_path / "in.avi", codec="mjpeg", pixel_format="yuvj420p", frames=1, options={"strict": "unofficial"}
    )
    done = media.colored(source, tmp_path / "out.mp4")
    assert not done.writer.layout.left_sited
    assert done.writer.layout.full_range
    assert probe(tmp_path / "out.mp4").full_range


def test_case_04_truncated_film_with_sound_is_written_as_far_as_it_goes(
    media: SimpleNamespace, tmp_path: Path
) -> None:
    whole = media.encode(tmp_path / "whole.mkv", frames=100, sound="aac")
    cut = tmp_path / "cut.mkv"
    data = whole.read_bytes()
    cut.write_bytes(data[: len(data) // 2])
    done = media.colored(cut, tmp_path / "out.mkv")
    count = probe(tmp_path / "out.mkv").frames
    assert any(f"ends early: {count} of about 10" in text for text in done.warnings)
    assert media.times_of(tmp_path / "out.mkv") == media.times_of(whole)[:count]


def test_frames_without_planes_are_a_programming_error(media: SimpleNamespace, tmp_path: Path) -> None:
    source = media.encode(tmp_path / "in.mkv", frames=1)
    frame = Frame(rgb=torch.zeros(3, 4, 4, dtype=torch.uint8))
    with (
        open_reader(source) as reader,
        pytest.raises(ValueError, match="planes"),
        open_writer(tmp_path / "out.mkv", reader) as writer,
    ):
        writer.write(frame)


def test_no_frame_means_no_output(media: SimpleNamespace, tmp_path: Path) -> None:
    source = media.encode(tmp_path / "in.mkv", frames=1)
    with (
        pytest.raises(OutputError, match="No frame was written"),
        open_reader(source) as reader,
        open_writer(tmp_path / "out.mkv", reader),
    ):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["in.mkv"]
