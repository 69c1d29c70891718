"""DINOv2's vision transformer without registers (Oquab et al., 2024): dense features of a luma."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from kinemacolor.layers.dimensions import MOST_CHANNELS, MOST_LAYERS, require_divisible, require_within
from kinemacolor.layers.linear import Linear

_QUERIES_AT_ONCE = 512


@dataclass(frozen=True, slots=True)
class DINOv2Config:
    """Dimensions of the network; the defaults are ViT-S/14.

    ``position_grid`` is the side of the square grid of patches that positions are stored for.
    """

    patch_px: int = 14
    width: int = 384
    depth: int = 12
    heads: int = 6
    mlp_ratio: int = 4
    position_grid: int = 37

    def __post_init__(self) -> None:
        """Raises ``ValueError`` for dimensions that no such network has."""
        require_within(1, 64, patch_px=self.patch_px, heads=self.heads, mlp_ratio=self.mlp_ratio)
        require_within(1, MOST_CHANNELS, width=self.width)
        require_within(1, MOST_LAYERS, depth=self.depth)
        require_within(1, 256, position_grid=self.position_grid)
        require_divisible("width", self.width, heads=self.heads)


class Attention(nn.Module):
    """Multi-head self-attention."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = Linear(width, 3 * width)
        self.out = Linear(width, width)

    def forward(self, x: Float[Tensor, "b n c"]) -> Float[Tensor, "b n c"]:
        """Each token's mixture of all tokens."""
        batch, tokens, width = x.shape
        qkv = self.qkv(x).view(batch, tokens, 3, self.heads, width // self.heads)
        query, key, value = qkv.permute(2, 0, 3, 1, 4)
        if query.dtype == torch.bfloat16 and query.device.type == "cpu":
            mixed = _attend_in_chunks(query, key, value)
        else:
            mixed = F.scaled_dot_product_attention(query, key, value)
        return self.out(mixed.transpose(1, 2).reshape(batch, tokens, width))


def _attend_in_chunks(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Attention by plain products: in bf16 on a CPU 2.4 times faster than torch's fused one (60 v. 148 ms)."""
    turned, value = key.transpose(-1, -2).contiguous(), value.contiguous()
    scaled = query * query.shape[-1] ** -0.5
    return torch.cat(
        [(some @ turned).softmax(-1) @ value for some in torch.split(scaled, _QUERIES_AT_ONCE, 2)], dim=2
    )


class Block(nn.Module):
    """Attention and perceptron, each after a layer norm and scaled per channel before it is added."""

    def __init__(self, config: DINOv2Config) -> None:
        super().__init__()
        width = config.width
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.attention = Attention(width, config.heads)
        self.scale1 = nn.Parameter(torch.ones(width))
        self.norm2 = nn.LayerNorm(width, eps=1e-6)
        self.expand = Linear(width, width * config.mlp_ratio)
        self.project = Linear(width * config.mlp_ratio, width)
        self.scale2 = nn.Parameter(torch.ones(width))

    def forward(self, x: Float[Tensor, "b n c"]) -> Float[Tensor, "b n c"]:
        """Tokens after the block."""
        x = x + self.scale1 * self.attention(self.norm1(x))
        return x + self.scale2 * self.project(F.gelu(self.expand(self.norm2(x))))


class DINOv2(nn.Module):
    """The transformer: normalized tokens of its last blocks."""

    def __init__(self, config: DINOv2Config) -> None:
        super().__init__()
        self.config = config
        self.patches = nn.Conv2d(3, config.width, config.patch_px, config.patch_px)
        self.class_token = nn.Parameter(torch.zeros(1, 1, config.width))
        self.mask_token = nn.Parameter(torch.zeros(1, config.width))  # training of DINOv2 only; part of its files
        self.position = nn.Parameter(0.02 * torch.randn(1, 1 + config.position_grid**2, config.width))
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.depth))
        self.norm = nn.LayerNorm(config.width, eps=1e-6)
        self._resized: tuple[tuple[int, ...], Tensor] | None = None

    def forward(self, luma: Float[Tensor, "b 1 h w"], *, last_blocks: int = 4) -> list[Float[Tensor, "b c h14 w14"]]:
        """Outputs of the last blocks in order, each after the final norm, without the class token.

        ``luma`` stands for a gray picture that is repeated three times; both sides are multiples of the patch.
        Maps lie in memory with their channels last.
        """
        x = F.conv2d(luma, self.patches.weight.sum(1, keepdim=True), self.patches.bias, self.config.patch_px)
        rows, columns = x.shape[-2:]
        x = torch.cat((self.class_token.expand(len(x), -1, -1), x.flatten(2).transpose(1, 2)), dim=1)
        x = x + self._position_for(rows, columns)
        maps = []
        for number, block in enumerate(self.blocks):
            x = block(x)
            if number >= len(self.blocks) - last_blocks:
                maps.append(torch.unflatten(self.norm(x)[:, 1:], 1, (rows, columns)).movedim(-1, 1))
        return maps

    def _position_for(self, rows: int, columns: int) -> Float[Tensor, "1 n c"]:
        """Positions for this grid; kept for the next picture of the same size where no gradient is asked for."""
        if torch.is_grad_enabled() and self.position.requires_grad:
            return self._resize_position(rows, columns)
        of = (rows, columns, self.position.data_ptr(), self.position._version)
        if self._resized is None or self._resized[0] != of:
            self._resized = (of, self._resize_position(rows, columns).detach())
        return self._resized[1]

    def _resize_position(self, rows: int, columns: int) -> Float[Tensor, "1 n c"]:
        side = self.config.position_grid
        grid = torch.unflatten(self.position[:, 1:], 1, (side, side)).movedim(-1, 1)
        # DINOv2 asks for 0.1 patch more than it needs, and the sampling positions follow that factor
        factors = ((rows + 0.1) / side, (columns + 0.1) / side)
        grid = F.interpolate(grid, scale_factor=factors, mode="bicubic")
        return torch.cat((self.position[:, :1], grid.flatten(2).transpose(1, 2)), dim=1)
