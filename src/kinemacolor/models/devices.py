"""The device of a name: ``auto``, ``cpu``, ``cuda``, ``cuda:1``, ``gpu`` (the same as ``cuda``) or ``mps``."""

import torch

from kinemacolor.errors import ModelError

_NAMES = "auto, cpu, cuda (or gpu), cuda:1 for the second GPU, or mps"


def device_of(name: str | torch.device | None) -> torch.device:
    """The device, tried with one number; None and ``auto`` take a GPU where there is one.

    Raises ``ModelError`` for a name that is none, and for a device that is not here.
    """
    text = str(name).strip().lower()
    if name is None or text == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    kind, colon, number = text.partition(":")
    kind = "cuda" if kind == "gpu" else kind
    try:
        device = torch.device(f"{kind}{colon}{number}")
    except RuntimeError:
        raise ModelError(f"There is no device '{name}'. Give {_NAMES}.") from None
    try:
        torch.zeros(1, device=device).item()
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise ModelError(f"Device '{name}' cannot be used here: {_why_not(device)}. Use --device cpu.") from error
    return device


def _why_not(device: torch.device) -> str:
    if device.type == "cuda" and torch.version.cuda is None:
        return "the PyTorch that is installed is one without CUDA"
    if device.type == "cuda" and not torch.cuda.is_available():
        return "there is no NVIDIA GPU, or its driver does not answer"
    if device.type == "cuda":
        count = torch.cuda.device_count()
        return f"there {'is one GPU, cuda:0' if count == 1 else f'are {count} GPUs, cuda:0 to cuda:{count - 1}'}"
    if device.type == "mps":
        return "that is for Apple's own processors"
    return f"it is none of {_NAMES}"
