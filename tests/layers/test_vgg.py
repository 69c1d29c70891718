"""VGG19 against the layers taken one by one."""

import torch
import torch.nn.functional as F

from kinemacolor.layers.vgg import CAFFE, TORCHVISION, VGG19


def test_maps_are_those_of_the_second_convolution_of_each_group() -> None:
    torch.manual_seed(0)
    network = VGG19(width=4).eval()
    layers = dict(network.named_children())
    assert list(layers) == [
        *("conv1_1", "conv1_2", "conv2_1", "conv2_2", "conv3_1", "conv3_2", "conv3_3", "conv3_4"),
        *("conv4_1", "conv4_2", "conv4_3", "conv4_4", "conv5_1", "conv5_2"),
    ]
    rgb = torch.rand(1, 3, 50, 64)
    with torch.no_grad():
        maps, x = network(rgb), network.prepared(rgb)
        for name, layer in layers.items():
            x = F.relu(layer(x))
            if name.endswith("_2"):
                assert torch.equal(getattr(maps, f"relu{name[4:]}"), x)
            if name in ("conv1_2", "conv2_2", "conv3_4", "conv4_4"):
                x = F.max_pool2d(x, 2)
    assert [each.shape[1:] for each in maps] == [(4, 50, 64), (8, 25, 32), (16, 12, 16), (32, 6, 8), (32, 3, 4)]


def test_caffe_sees_bgr_around_zero_and_torchvision_rgb() -> None:
    red = torch.tensor([1.0, 0.0, 0.0]).view(1, 3, 1, 1)
    blue_first = VGG19(width=1, preprocessing=CAFFE).prepared(red).flatten()
    torch.testing.assert_close(blue_first, torch.tensor([-103.939, -116.779, 255 - 123.68]), atol=1e-3, rtol=0)
    red_first = VGG19(width=1, preprocessing=TORCHVISION).prepared(red).flatten()
    torch.testing.assert_close(red_first, torch.tensor([0.515 / 0.229, -0.456 / 0.224, -0.406 / 0.225]))
