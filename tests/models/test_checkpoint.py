"""Files: ours come back the same, others are refused in words, nothing is executed."""

import json
import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from kinemacolor.errors import WeightsError
from kinemacolor.models import colormnet
from kinemacolor.models.colormnet import ColorMNet, ColorMNetConfig, MemoryPolicy


@pytest.fixture(scope="module")
def network() -> ColorMNet:
    torch.manual_seed(0)
    return ColorMNet(ColorMNetConfig.tiny()).eval()


@pytest.fixture
def saved(network: ColorMNet, tmp_path: Path) -> Path:
    path = tmp_path / "tiny.safetensors"
    colormnet.save(network, path)
    return path


def test_a_saved_network_comes_back_with_its_config(saved: Path, network: ColorMNet) -> None:
    policy = MemoryPolicy(top_k=3)
    loaded = colormnet.load(saved, settings=policy, dtype=torch.bfloat16)
    assert isinstance(loaded.network, ColorMNet)
    assert loaded.network.config == ColorMNetConfig.tiny()
    assert loaded.policy == policy
    assert loaded.dtype == torch.bfloat16
    state = loaded.network.state_dict()
    assert all(torch.equal(value, state[name]) for name, value in network.state_dict().items())


def test_half_precision_files_load_as_fp32(network: ColorMNet, tmp_path: Path) -> None:
    path = tmp_path / "half.safetensors"
    colormnet.save(ColorMNet(network.config).half(), path)
    assert all(p.dtype == torch.float32 for p in colormnet.load(path).network.parameters())


def test_missing_extra_and_reshaped_tensors_are_named(network: ColorMNet, tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    changed = ColorMNet(network.config)
    del changed.decoder.predict.bias
    changed.decoder.register_parameter("bonus", torch.nn.Parameter(torch.zeros(1)))
    changed.key.shrinkage.bias = torch.nn.Parameter(torch.zeros(3))
    colormnet.save(changed, path)
    with pytest.raises(WeightsError) as told:
        colormnet.load(path)
    message = str(told.value)
    assert "1 missing (decoder.predict.bias)" in message
    assert "1 extra (decoder.bonus)" in message
    assert "key.shrinkage.bias 3 instead of 1" in message


def test_long_lists_of_names_are_cut(tmp_path: Path) -> None:
    path = tmp_path / "one.pth"
    torch.save({"decoder.pred.bias": torch.zeros(1)}, path)
    with pytest.raises(WeightsError, match=r"666 missing \(.* and 661 more\)"):
        colormnet.load(path)


class Bomb:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[Path, str]]:
        return Path.write_text, (self.path, "boom")


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_case_50_a_web_page_is_refused(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"page{suffix}"
    path.write_text("<html>404 Not Found</html>" * 10)
    with pytest.raises(WeightsError, match="page"):
        colormnet.load(path)


@pytest.mark.parametrize("zipped", [True, False])
def test_case_50_a_pickle_with_code_is_refused_and_not_run(zipped: bool, tmp_path: Path) -> None:
    path, trace = tmp_path / "evil.pth", tmp_path / "trace"
    if zipped:
        torch.save({"decoder.pred.bias": Bomb(trace)}, path)
    else:
        path.write_bytes(pickle.dumps(Bomb(trace), protocol=2))
    with pytest.raises(WeightsError, match=r"nothing in it was run"):
        colormnet.load(path)
    assert not trace.exists()


def test_case_50_a_file_cut_short_is_refused(saved: Path, network: ColorMNet, tmp_path: Path) -> None:
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes(saved.read_bytes()[:-1000])
    with pytest.raises(WeightsError, match="cut"):
        colormnet.load(cut)
    torch.save(network.state_dict(), tmp_path / "whole.pth")
    (tmp_path / "cut.pth").write_bytes((tmp_path / "whole.pth").read_bytes()[:-1000])
    with pytest.raises(WeightsError, match="cut"):
        colormnet.load(tmp_path / "cut.pth")


def test_other_contents_are_refused(tmp_path: Path) -> None:
    torch.save({"network": {"a": torch.zeros(1)}, "it": 5}, tmp_path / "training.pth")
    with pytest.raises(WeightsError, match="other things than tensors"):
        colormnet.load(tmp_path / "training.pth")
    torch.save({"conv.weight": torch.zeros(1)}, tmp_path / "vgg.pth")
    with pytest.raises(WeightsError, match="None of the 1 tensors"):
        colormnet.load(tmp_path / "vgg.pth")
    save_file({"a": torch.zeros(1)}, tmp_path / "lite.safetensors", metadata={"network": "lite", "config": "{}"})
    with pytest.raises(WeightsError, match="holds lite, not colormnet"):
        colormnet.load(tmp_path / "lite.safetensors")
    save_file(
        {"a": torch.zeros(1)}, tmp_path / "new.safetensors", metadata={"network": "colormnet", "config": '{"z": 1}'}
    )
    with pytest.raises(WeightsError, match="unknown z"):
        colormnet.load(tmp_path / "new.safetensors")
    with pytest.raises(WeightsError, match="does not exist"):
        colormnet.load(tmp_path / "absent.pth")


@pytest.mark.parametrize(
    ("name", "value"), [("key_channels", "x"), ("key_channels", None), ("key_channels", 1.5), ("key_channels", [64])]
)
def test_case_50_a_config_of_wrong_kinds_is_refused(tmp_path: Path, name: str, value: object) -> None:
    metadata = {"network": "colormnet", "config": json.dumps({name: value})}
    save_file({"a": torch.zeros(1)}, tmp_path / "odd.safetensors", metadata=metadata)
    with pytest.raises(WeightsError, match=f"{name} cannot be"):
        colormnet.load(tmp_path / "odd.safetensors")


@pytest.mark.parametrize("content", [b"GIF89a", b"", b"PK\x03\x04" + bytes(60), b"\x80\x02}q\x00", bytes(100)])
@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_case_50_scraps_are_no_weights(tmp_path: Path, content: bytes, suffix: str) -> None:
    path = tmp_path / f"scrap{suffix}"
    path.write_bytes(content)
    with pytest.raises(WeightsError):
        colormnet.load(path)
