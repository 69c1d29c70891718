"""M of Eq. 7: which positions of a reference may give a position its color, from either tracking or from both."""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from kinemacolor.models.spatiotemporal.dense_tracking import Candidates, only
from kinemacolor.models.spatiotemporal.instance_tracking import GridObjects

Combination = Literal["intersection", "union"]

_NARROW_CANDIDATES = 64


@dataclass(frozen=True, slots=True)
class TrackingMask:
    """The mask between ``n`` positions of a frame and ``m`` of a reference, without its ``n`` by ``m`` entries.

    A position may take from its ``candidates`` (None: nobody has any) and from the region of its number:
    ``regions[region]``, where -1 is the empty region.
    """

    region: Int[Tensor, " n"]
    regions: Bool[Tensor, "k m"]
    candidates: Candidates | None = None

    @classmethod
    def everything(cls, positions: int, others: int, device: torch.device | None = None) -> "TrackingMask":
        """All ones: no restriction."""
        region = torch.zeros(positions, dtype=torch.long, device=device)
        return cls(region, torch.ones(1, others, dtype=torch.bool, device=device))

    @classmethod
    def of_candidates(cls, candidates: Candidates) -> "TrackingMask":
        """M^D (Eq. 17)."""
        region = torch.full((candidates.shape[0],), -1, device=candidates.device)
        return cls(region, torch.ones(1, candidates.shape[1], dtype=torch.bool, device=candidates.device), candidates)

    @classmethod
    def of_objects(cls, frame: GridObjects, reference: GridObjects) -> "TrackingMask":
        """M^I (Eq. 13): an object's positions take from that object, positions of no object from everywhere."""
        everywhere = torch.ones_like(reference.covered[:1]) if len(reference.covered) else reference.everywhere()
        regions = torch.cat((reference.covered, everywhere))
        where = {track: number for number, track in enumerate(reference.tracks)}
        numbers = [where.get(track, -1) for track in frame.tracks]
        lookup = torch.tensor([*numbers, len(reference.covered)], device=frame.label.device)
        return cls(lookup[frame.label], regions)  # label -1 is the last entry: everywhere

    @property
    def is_narrow(self) -> Bool[Tensor, " n"]:
        """Positions whose candidates, few, are all they may take from."""
        if self.candidates is None:
            return torch.zeros_like(self.region, dtype=torch.bool)
        counts = torch.bincount(self.candidates.indices()[0], minlength=len(self.region))
        return (self.region < 0) & (counts <= _NARROW_CANDIDATES)

    def counting(self, counted: Bool[Tensor, " m"]) -> "TrackingMask":
        """The same without the reference's positions that do not count."""
        candidates = self.candidates
        if candidates is not None:
            candidates = only(candidates, counted[candidates.indices()[1]])
        return TrackingMask(self.region, self.regions & counted, candidates)

    def rows(self, positions: Int[Tensor, " p"]) -> Bool[Tensor, "p m"]:
        """The mask's rows at these positions."""
        region = self.region[positions]
        mask = self.regions[region.clamp_min(0)] & (region >= 0)[:, None]
        if self.candidates is not None:
            place = torch.full_like(self.region, -1)
            place[positions] = torch.arange(len(positions), device=place.device)
            rows, columns = self.candidates.indices()
            wanted = place[rows] >= 0
            mask[place[rows[wanted]], columns[wanted]] = True
        return mask


def combine(
    dense: Candidates, frame: GridObjects, reference: GridObjects, how: Combination = "intersection"
) -> TrackingMask:
    """M^I and M^D together; the paper does not say how.

    Positions of no object keep M^D. Those of an object take where both agree; where the two have nothing in common,
    from the object; where the reference does not show it, from M^D. ``"union"`` takes from either.
    """
    objects = TrackingMask.of_objects(frame, reference)
    on_object = frame.label >= 0
    region = torch.where(on_object, objects.region, -1)
    if how == "union":
        return TrackingMask(region, objects.regions, dense)
    rows, columns = dense.indices()
    agreed = objects.regions[objects.region[rows].clamp_min(0), columns] & on_object[rows] & (region[rows] >= 0)
    has_agreed = torch.zeros_like(on_object).index_put((rows[agreed],), torch.ones_like(agreed[agreed]))
    shown = objects.regions.any(1)[region.clamp_min(0)] & (region >= 0)
    # an object that the reference shows, but not where the tracks lead: the detector is the more reliable of the two
    to_object = shown & ~has_agreed
    kept = torch.where(has_agreed[rows], agreed, ~to_object[rows])
    return TrackingMask(torch.where(to_object, region, -1), objects.regions, only(dense, kept))
