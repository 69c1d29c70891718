"""Where things lie in a project's folder, and the sizes of pictures to look at."""

from dataclasses import dataclass
from pathlib import Path

CACHE, DRAFT, LIVE = "cache", "draft", "cache/live"
OWN = ".studio"
SHORT_SIDE_PX, THUMB_PX = 540, 54

LIVE_STEP = 2
"""Of so many frames one is drawn while they are colored."""

PREVIEW = "cache/preview.mp4"
"""What a film looked like in color when it was handed over, small; see ``PreviewPlace``."""


@dataclass(frozen=True, slots=True)
class ColorPlace:
    """Where a frame's colors lie: a track, a shot in it, and the key."""

    track: Path
    start: int
    stop: int
    key: str


@dataclass(frozen=True, slots=True)
class PreviewPlace:
    """A small film in color that shows what a film looked like; its frames are that film's."""

    film: Path

    @property
    def key(self) -> str:
        """A name for pictures from it."""
        return "preview"
