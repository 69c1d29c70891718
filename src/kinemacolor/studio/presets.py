"""The kinds of film that are written: few, each with what it is for."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Preset:
    """A codec by what it is for; ``options`` are those of a run."""

    name: str
    title: str
    about: str
    ending: str
    options: dict[str, object] = field(default_factory=dict)


PRESETS = {
    preset.name: preset
    for preset in (
        Preset("h264", "MP4 (H.264)", "Plays everywhere: phones, televisions, browsers.", ".mp4", {"codec": "h264"}),
        Preset("h265", "MP4 (H.265)", "Half the size, for newer players.", ".mp4", {"codec": "h265"}),
        Preset("prores", "ProRes 422 HQ", "For editing; large.", ".mov", {"codec": "prores"}),
        Preset("ffv1", "FFV1", "Lossless, for an archive; very large.", ".mkv", {"codec": "ffv1"}),
    )
}
