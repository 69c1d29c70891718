"""The contextual loss: for each place of the result, the nearest feature of the exemplar (Deep Exemplar, Eq. 9, 10).

Forward matching: every feature of the result seeks one in the exemplar, since the exemplar may show more.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

_EPSILON = 1e-5


def contextual_affinity(
    features: Float[Tensor, "b c n"], exemplar: Float[Tensor, "b c m"], *, bandwidth: float = 0.1
) -> Float[Tensor, "b n m"]:
    """Eq. 9: ``softmax_j((1 - d_ij / (min_k d_ik + 1e-5)) / h)`` of the cosine distances d.

    Features are centered by the exemplar's mean before the cosine, as in the release. Eq. 9 is printed as
    ``1 - d / h``, which has the same softmax.
    """
    center = exemplar.mean(-1, keepdim=True)
    queries, keys = F.normalize(features - center, dim=1), F.normalize(exemplar - center, dim=1)
    # rounding may put a cosine above 1, and a negative minimum would turn the order round
    distance = (1 - queries.transpose(1, 2) @ keys).clamp_min(0)
    relative = distance / (distance.amin(-1, keepdim=True) + _EPSILON)
    return ((1 - relative) / bandwidth).softmax(-1)


def contextual_loss(
    features: Sequence[Float[Tensor, "b _ _ _"]],
    exemplar: Sequence[Float[Tensor, "b _ _ _"]],
    weights: Sequence[float],
    *,
    bandwidth: float = 0.1,
) -> Float[Tensor, ""]:
    """Eq. 10: ``sum_l w_l (-log mean_i max_j A_l(i, j))`` over maps of features, a mean over the batch.

    No gradient into the exemplar. The release weighs VGG19's relu5_2, relu4_2 and relu3_2 (pooled by 2) by 8, 4, 2.
    """
    total = torch.zeros((), device=features[0].device)
    for ours, theirs, weight in zip(features, exemplar, weights):
        affinity = contextual_affinity(ours.flatten(2), theirs.detach().flatten(2), bandwidth=bandwidth)
        total = total - weight * affinity.amax(-1).mean(-1).log().mean()
    return total
