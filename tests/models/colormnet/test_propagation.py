"""Training clips: gradients where they belong, and recomputation that changes nothing."""

import torch

from kinemacolor.models.colormnet import ColorMNet, ColorMNetConfig
from kinemacolor.models.colormnet.fuser import AttentionGate


def clip(frames: int = 6) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(5)
    luma = torch.rand(2, frames, 1, 32, 32, generator=generator) * 2 - 1
    return luma, torch.rand(2, 2, 32, 32, generator=generator) - 0.5


def gradients(network: ColorMNet, *, checkpointed: bool) -> tuple[torch.Tensor, dict[str, torch.Tensor | None]]:
    network.zero_grad()
    out = network(*clip(), generator=torch.Generator().manual_seed(1), checkpointed=checkpointed)
    out.abs().sum().backward()
    return out.detach(), {name: p.grad for name, p in network.named_parameters()}


def test_every_parameter_but_the_dino_branch_learns() -> None:
    torch.manual_seed(2)
    network = ColorMNet(ColorMNetConfig.tiny()).eval()
    for module in network.modules():
        if isinstance(module, AttentionGate):  # its one hidden unit would else be dead in a network this small
            torch.nn.init.ones_(module.squeeze.bias)
    out, grads = gradients(network, checkpointed=False)
    assert out.shape == (2, 5, 2, 32, 32)
    without = {name for name, grad in grads.items() if grad is None or not grad.abs().sum() > 0}
    assert without == {name for name in grads if name.startswith("pvgfe.global_branch.")}


def test_recomputing_activations_changes_nothing() -> None:
    torch.manual_seed(2)
    network = ColorMNet(ColorMNetConfig.tiny()).eval()
    plain_out, plain = gradients(network, checkpointed=False)
    again_out, again = gradients(network, checkpointed=True)
    assert torch.equal(plain_out, again_out)
    for name, grad in plain.items():
        other = again[name]
        assert (grad is None) == (other is None)
        assert grad is None or other is None or torch.allclose(grad, other, atol=1e-6, rtol=1e-4), name
