"""A bank whose exemplars lie in the computer's own memory: for where that of the device does not suffice."""

from collections.abc import Iterable

from jaxtyping import Float
from torch import Tensor

from kinemacolor.frames import Luma
from kinemacolor.layers.place_features import PlaceFeatures, PlaceProjection
from kinemacolor.models.matching.bank import Bank, Entry, Match, Search
from kinemacolor.models.moved import HOST, moved

_FEW_ROWS = 128


class HostBank(Bank):
    """The entries that a frame asks come to its device for as long as it asks, some places at a time."""

    def __init__(self, entries: Iterable[Entry], projection: PlaceProjection, *, at_once: int) -> None:
        super().__init__([moved(entry, HOST) for entry in entries], projection, at_once=at_once)

    def most_alike(self, summary: Float[Tensor, " s"]) -> list[int]:
        """As of any bank."""
        return super().most_alike(summary.to(HOST))

    def match(self, luma: Luma, features: PlaceFeatures, search: Search) -> Match:
        """The colors that a frame's places find in the bank."""
        asked = [moved(self.entries[number], luma.device) for number in self.most_alike(features.summary)]
        there = Bank(asked, self.projection, at_once=len(asked))
        there.rows_at_once = _FEW_ROWS
        return there.match(luma, features, search)


def bank_of(entries: Iterable[Entry], projection: PlaceProjection, *, at_once: int, on_host: bool) -> Bank:
    """The bank of entries that are made one by one; ``on_host`` keeps none of them on its device."""
    if on_host:
        return HostBank(entries, projection, at_once=at_once)
    return Bank(list(entries), projection, at_once=at_once)
