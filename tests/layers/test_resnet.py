"""ResNet: strides, folding of batch norm, and the merged luma stem."""

import torch

from kinemacolor.layers.resnet import NormedConv, ResNet, ResNetConfig, merged_luma_weight

SMALL = ResNetConfig(depths=(1, 2, 1), widths=(4, 6, 8), stem_channels=5, expansion=2)


def test_features_have_the_strides_and_channels_that_the_config_says() -> None:
    trunk = ResNet(SMALL).eval()
    with torch.no_grad():
        maps = trunk(torch.rand(2, 1, 48, 64))
    assert [tuple(m.shape) for m in maps] == [(2, 8, 12, 16), (2, 12, 6, 8), (2, 16, 3, 4)]


def test_published_sizes() -> None:
    with torch.device("meta"):
        # torchvision's counts less the last stage and the classifier
        assert sum(p.numel() for p in ResNet(ResNetConfig.resnet50()).parameters()) == 8_543_296
        assert sum(p.numel() for p in ResNet(ResNetConfig.resnet18()).parameters()) == 2_782_784


def test_batch_norm_folds_to_the_same_numbers() -> None:
    layer = NormedConv(3, 6, 3, 2)
    layer.norm.running_mean = torch.randn(6)
    layer.norm.running_var = torch.rand(6) + 0.5
    torch.nn.init.normal_(layer.norm.weight)
    torch.nn.init.normal_(layer.norm.bias)
    x = torch.randn(2, 3, 9, 11)
    with torch.no_grad():
        assert torch.allclose(layer.eval()(x), layer.norm(layer.conv(x)), atol=1e-5)


def test_batch_norm_uses_the_batch_where_it_trains() -> None:
    layer = NormedConv(3, 6, 3).train()
    out = layer(torch.randn(4, 3, 8, 8) + 3)
    assert torch.allclose(out.mean((0, 2, 3)), torch.zeros(6), atol=1e-5)


def test_one_luma_plane_equals_three_equal_planes() -> None:
    weight = torch.randn(4, 5, 3, 3)
    luma, chroma = torch.randn(1, 1, 8, 8), torch.randn(1, 2, 8, 8)
    merged = torch.nn.functional.conv2d(torch.cat((luma, chroma), 1), merged_luma_weight(weight))
    repeated = torch.nn.functional.conv2d(torch.cat((luma, luma, luma, chroma), 1), weight)
    assert torch.allclose(merged, repeated, atol=1e-5)
