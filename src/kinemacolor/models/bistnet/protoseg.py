"""ProtoSeg: which of 19 street-scene classes a pixel is most like (Zhou et al., 2022, arXiv:2203.15102).

The release's segmentation expert: HRNet's features, projected to a sphere, compared with ten prototypes of each
class. Its head has a second projection (``mlp2`` in the checkpoint) that by the paper plays no part in the answer; it
is kept so that the checkpoint fits. No measured output of the authors' network was at hand to compare with.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from kinemacolor.models.bistnet.hrnet import HRNet, normed

_MEAN, _DEVIATION = 0.485, 0.229


def _perceptron(channels: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(channels, channels, 1), nn.ReLU(inplace=True), nn.Conv2d(channels, channels, 1))


class ProtoSeg(nn.Module):
    """A segmentation expert: scores of zero mean and unit variance over the classes of each pixel."""

    def __init__(self, *, classes: int = 19, prototypes: int = 10, width: int = 48, stem_channels: int = 64) -> None:
        super().__init__()
        self.classes = classes
        self.trunk = HRNet(width, stem_channels=stem_channels)
        channels = self.trunk.channels
        self.head = normed(channels, channels, 3)
        self.head[0] = nn.Conv2d(channels, channels, 3, padding=1)
        self.projection, self.second_projection = _perceptron(channels), _perceptron(channels)
        self.feature_norm, self.score_norm = nn.LayerNorm(channels), nn.LayerNorm(classes)
        self.prototypes = nn.Parameter(torch.randn(classes, prototypes, channels))

    def forward(self, gray: Float[Tensor, "b 1 h w"]) -> Float[Tensor, "b k h w"]:
        """The scores of pictures in 0..1: for each class the cosine to its nearest prototype, normalized."""
        picture = ((gray - _MEAN) / _DEVIATION).expand(-1, 3, -1, -1)
        features = F.normalize(self.projection(self.head(self.trunk(picture))), dim=1).movedim(1, -1)
        features = F.normalize(self.feature_norm(features), dim=-1)
        cosines = torch.einsum("bhwc,kpc->bhwkp", features, F.normalize(self.prototypes, dim=-1))
        scores = self.score_norm(cosines.amax(-1)).movedim(-1, 1)
        return F.interpolate(scores, gray.shape[-2:], mode="bilinear", align_corners=True)
