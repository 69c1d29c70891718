"""The authors' names and ours."""

from pathlib import Path

import torch

from kinemacolor.models.colormnet import ColorMNet
from kinemacolor.models.colormnet.official import config_of, official_name, our_name


def test_names_round_trip(network: ColorMNet) -> None:
    ours = list(network.state_dict())
    theirs = [official_name(name) for name in ours]
    assert len(set(theirs)) == len(ours)
    assert [our_name(name) for name in theirs] == ours
    assert our_name("backbone.conv.weight") is None


def test_widths_are_read_from_an_authors_file(tmp_path: Path) -> None:
    config = config_of(
        {
            "key_proj.key_proj.weight": torch.zeros(32, 1),
            "value_encoder.fuser.block2.conv2.weight": torch.zeros(256, 1),
            "decoder.hidden_update.transform.weight": torch.zeros(96, 1),
        },
        tmp_path,
    )
    assert (config.key_channels, config.value_channels, config.hidden_channels) == (32, 256, 32)
