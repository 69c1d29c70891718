"""Errors foretold."""

import torch

from kinemacolor.models.colormnet_lite.confidence_head import ConfidenceHead
from kinemacolor.models.colormnet_lite.evidence import Evidence, fused


def some_evidence(seed: int = 0) -> Evidence:
    drawn = torch.Generator().manual_seed(seed)
    return Evidence(
        candidates=20 * torch.randn(3, 2, 7, 10, generator=drawn),
        origins=100 * torch.rand(3, 7, 10, generator=drawn),
        log_variances=4 + torch.randn(3, 7, 10, generator=drawn),
        cues=torch.randn(5, 7, 10, generator=drawn),
    )


def test_untrained_it_says_what_the_variances_say() -> None:
    evidence = some_evidence()
    made = fused(torch.full((1, 7, 10), 50.0), evidence)
    said = ConfidenceHead(3, 5, 8)(evidence, made)
    assert said.shape == (1, 4, 5)
    assert said[0, 0, 0].item() == torch.mean(made.log_error[0, :2, :2]).item()


def test_it_knows_no_hue() -> None:
    torch.manual_seed(0)
    confidence_head, evidence = ConfidenceHead(3, 5, 8), some_evidence()
    torch.nn.init.normal_(confidence_head.last.weight)
    turned = Evidence(
        torch.stack((-evidence.candidates[:, 1], evidence.candidates[:, 0]), dim=1),
        evidence.origins,
        evidence.log_variances,
        evidence.cues,
    )
    luma = torch.full((1, 7, 10), 50.0)
    said, of_turned = (confidence_head(each, fused(luma, each)) for each in (evidence, turned))
    torch.testing.assert_close(said, of_turned)
