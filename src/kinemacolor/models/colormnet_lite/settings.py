"""The settings of ColorMNet-lite, and their ranges."""

from dataclasses import dataclass
from typing import Literal

from kinemacolor.errors import SettingError
from kinemacolor.layers.flow import Preset
from kinemacolor.models.colormnet_lite.network import SEARCH
from kinemacolor.models.matching.bank import Search

_OLDEST = 1000


@dataclass(frozen=True, slots=True)
class LiteSettings:
    """How the model behaves.

    Colors are carried from the frames ``ages`` before, or where there are not so many, from the first, or the last
    exemplar's own. A frame is compared with at most ``exemplars_at_once``, as ``search`` says. Candidates are weighed
    and motion is found at ``stride``: 1 is finer, and takes twice the time of 2. ``prior`` says where the colors of
    what no exemplar shows come from: ``exemplars`` is the color prior that sees them beside the frame, ``look`` the
    smaller one that goes by the frame's look alone, as before it, and saves some three tenths of the time.
    ``vividness`` is 0 for the mean of what such a thing may look like, up to 1 for its likeliest color.

    The exemplars and the prior are asked at every ``look_every``-th frame, and where more than ``look_if_lost`` of a
    frame (0..1) is not found in the one before it; what they answered comes along the flow to the frames between.
    The priors are asked at every ``prior_every``-th of these looks, and at any where more than ``prior_if_lost``
    (0..1) is not found in the frame before.
    """

    ages: tuple[int, ...] = (1, 4, 16)
    stride: int = 2
    preset: Preset = "fine"
    exemplars_at_once: int = 4
    search: Search = SEARCH
    prior: Literal["exemplars", "look"] = "exemplars"
    vividness: float = 0.0
    look_every: int = 2
    look_if_lost: float = 0.15
    prior_every: int = 2
    prior_if_lost: float = 0.02


def require_in_range(settings: LiteSettings) -> None:
    """Raises ``SettingError`` that names a setting outside its range."""
    if settings.stride < 1:
        raise SettingError(f"stride is {settings.stride}. Give 1 or more.")
    if settings.exemplars_at_once < 1:
        raise SettingError(f"exemplars_at_once is {settings.exemplars_at_once}. Give 1 or more.")
    if not all(0 < age <= _OLDEST for age in settings.ages):
        raise SettingError(f"ages is {settings.ages}. Give frames before this one, each 1 to {_OLDEST}.")
    if settings.look_every < 1:
        raise SettingError(f"look_every is {settings.look_every}. Give 1 (every frame) or more.")
    if settings.prior_every < 1:
        raise SettingError(f"prior_every is {settings.prior_every}. Give 1 (every look) or more.")
    for name in ("look_if_lost", "prior_if_lost"):
        if not 0 <= getattr(settings, name) <= 1:
            raise SettingError(f"{name} is {getattr(settings, name)}. Give a share of the frame, 0 to 1.")
    if not 0 <= settings.vividness <= 1:
        raise SettingError(f"vividness is {settings.vividness}. Give 0 (the mean) to 1 (the likeliest).")
