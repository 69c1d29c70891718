"""States as bytes: each model goes on from them as if nothing had happened, and nothing else is taken for one."""

import json
import pickle
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load, save
from torch import Tensor

from kinemacolor.models.base import Answer, Reference, StreamingColorizer
from kinemacolor.models.color_prior import ColorPrior, ColorPriorConfig
from kinemacolor.models.colormnet import ColorMNet, ColorMNetColorizer, ColorMNetConfig, MemoryPolicy
from kinemacolor.models.colormnet_lite import ColorMNetLite, ColorMNetLiteColorizer, ColorMNetLiteConfig
from kinemacolor.models.deep_exemplar import (
    DeepExemplar,
    DeepExemplarColorizer,
    DeepExemplarConfig,
    DeepExemplarSettings,
)
from kinemacolor.models.kept import NOT_KEPT, UnfitStateError, bytes_of_state, kept_as, state_of_bytes
from kinemacolor.models.matching import MatchingSettings
from kinemacolor.models.matching import load as load_matching
from kinemacolor.models.sparing import OneByOne

FRAMES = 14


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def lite() -> ColorMNetLiteColorizer:
    torch.manual_seed(0)
    network = ColorMNetLite(ColorMNetLiteConfig.tiny()).eval()
    torch.nn.init.normal_(network.prior.last.weight, std=0.1)
    torch.nn.init.normal_(network.confidence_head.last.weight, std=0.1)
    return ColorMNetLiteColorizer(network, color_prior=ColorPrior(ColorPriorConfig.tiny()).eval())


def colormnet(**policy: Any) -> ColorMNetColorizer:
    torch.manual_seed(0)
    schedule = {"write_every_frames": 2, "working_max_frames": 3, "working_min_frames": 2}
    room = {"prototypes_tokens": 4, "long_term_max_tokens": 6}
    return ColorMNetColorizer(ColorMNet(ColorMNetConfig.tiny()), policy=MemoryPolicy(**schedule, **room, **policy))


def deep_exemplar() -> DeepExemplarColorizer:
    torch.manual_seed(0)
    settings = DeepExemplarSettings(canvas=(64, 96))
    return DeepExemplarColorizer(DeepExemplar(DeepExemplarConfig.tiny()), settings=settings)


MODELS: dict[str, Callable[[], StreamingColorizer[Any]]] = {
    "matching": lambda: load_matching(device="cpu", dtype=torch.float32),
    "flow": lambda: load_matching(device="cpu", settings=MatchingSettings(features=False)),
    "colormnet-lite": lite,
    "colormnet-lite one by one": lambda: OneByOne(lite()),
    "colormnet-lite on the host": lambda: lite().with_exemplars_on_host(),
    "colormnet": colormnet,
    "colormnet of random prototypes": lambda: colormnet(choice="random"),
    "colormnet of decaying memory": lambda: colormnet(choice="decay"),
    "colormnet of the latest frame": lambda: colormnet(latest_only=True),
    "colormnet with few anchors at once": lambda: colormnet(anchors_at_once=1),
    "deep-exemplar": deep_exemplar,
}


@pytest.fixture(scope="module")
def shot() -> tuple[Tensor, Tensor]:
    """Lumas ``14 1 60 90`` and chromas of a texture that moves; it is another from frame 8 on."""
    coarse = torch.rand(2, 3, 12, 18, generator=torch.Generator().manual_seed(3))
    worlds = torch.nn.functional.interpolate(coarse, (80, 120), mode="bicubic")
    frames = [worlds[int(t >= 8), :, t : t + 60, 2 * t : 2 * t + 90] for t in range(FRAMES)]
    stacked = torch.stack(frames)
    return (100 * stacked[:, :1]).clamp(0, 100), 80 * (stacked[:, 1:] - 0.5)


def references_of(shot: tuple[Tensor, Tensor]) -> list[Reference]:
    """The first frame, one inside, and a part of a picture of no frame."""
    lumas, chromas = shot
    alpha = torch.zeros(1, 60, 90)
    alpha[:, :, 40:] = 1
    whole = [Reference(lumas[i], chromas[i], i) for i in (0, 6)]
    return [*whole, Reference(lumas[3].flip(2), chromas[3].flip(2), None, alpha)]


def equal(one: Answer, other: Answer) -> bool:
    if one.confidence is None or other.confidence is None:
        return one.confidence is other.confidence and torch.equal(one.chroma, other.chroma)
    return torch.equal(one.chroma, other.chroma) and torch.equal(one.confidence, other.confidence)


@pytest.mark.parametrize("name", MODELS)
def test_a_shot_in_spans_is_the_shot_in_one_go_to_the_bit(name: str, shot: tuple[Tensor, Tensor]) -> None:
    model, references = MODELS[name](), references_of(shot)
    assert model.keeps_state
    whole = list(model.colorize(shot[0], references))
    found: list[Answer] = []
    data = b""
    for first, stop in ((0, 1), (1, 5), (5, 7), (7, 12), (12, FRAMES)):
        model = MODELS[name]()  # another process has another model
        state = model.start(references)
        if first:
            state = state_of_bytes(data, state, "shot")
        found += model.go_on(shot[0][first:stop], state)
        data = bytes_of_state(state, "shot")
    assert [equal(one, other) for one, other in zip(found, whole, strict=True)] == [True] * FRAMES


def test_what_comes_from_the_exemplars_alone_is_not_kept(shot: tuple[Tensor, Tensor]) -> None:
    sizes = []
    for count in (1, 4):
        model, references = lite(), references_of(shot)[:1] * count
        state = model.start(references)
        list(model.go_on(shot[0][:3], state))
        sizes.append(len(bytes_of_state(state, "shot")))
    assert sizes[0] == sizes[1]
    memories = []
    for count in (1, 4):
        network, foreign = colormnet(), Reference(shot[0][5], shot[1][5])
        memory = network.start([foreign] * count)
        list(network.go_on(shot[0][:2], memory))
        memories.append(len(bytes_of_state(memory, "shot")))
    assert memories[0] == memories[1]


@kept_as("test-part")
@dataclass(frozen=True, slots=True)
class Part:
    """A part of a state."""

    weights: Tensor
    name: str = "a"


@kept_as("test-state")
@dataclass
class State:
    """A state with a bit of everything."""

    given: list[int] = field(metadata=NOT_KEPT)
    parts: deque[Part]
    size: tuple[int, float]
    rows: slice | None = None
    latest: Part | None = None


@dataclass
class Unknown:
    """No registered type."""

    value: int = 0


def state() -> State:
    part = Part(torch.arange(6.0).view(2, 3).T)
    return State([7], deque([part, Part(torch.zeros(0, 2)), part], maxlen=5), (3, 0.5), slice(1, 4), part)


def fresh() -> State:
    return State([7], deque(maxlen=5), (0, 0.0))


def again(data: bytes) -> State:
    return state_of_bytes(data, fresh(), "shot")


def test_all_comes_back_as_it_was() -> None:
    back = again(bytes_of_state(state(), "shot"))
    assert back.given == [7]
    assert back.parts.maxlen == 5
    assert (back.size, back.rows, back.parts[1].weights.shape) == ((3, 0.5), slice(1, 4), (0, 2))
    assert back.latest is not None
    assert torch.equal(back.latest.weights, torch.arange(6.0).view(2, 3).T)
    assert back.latest.weights.stride() == (1, 3)  # as it lay in memory
    assert back.latest.weights is back.parts[0].weights  # kept once


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.int64, torch.bool])
def test_tensors_of_any_kind_are_kept(dtype: torch.dtype) -> None:
    part = Part(torch.tensor([[0, 1], [1, 1]]).to(dtype))
    back = again(bytes_of_state(State([], deque([part]), (1, 1.0)), "shot"))
    assert torch.equal(back.parts[0].weights, part.weights)
    assert back.parts[0].weights.dtype == dtype


def described(change: Callable[[dict[str, Any]], object]) -> bytes:
    """The state as bytes, with its description changed."""
    data = bytes_of_state(state(), "shot")
    length = int.from_bytes(data[:8], "little")
    description = json.loads(json.loads(data[8 : 8 + length])["__metadata__"]["state"])
    change(description)
    return save(load(data), metadata={"state": json.dumps(description)})


def parts_of(description: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = description["content"]["parts"]
    return found


def endless(description: dict[str, Any]) -> None:
    node: Any = 1
    for _ in range(200):
        node = {"list": [node]}
    parts_of(description)["parts"] = node


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d.update(version=2), "version"),
        (lambda d: d.update(format="weights"), "format"),
        (lambda d: d.update(of="another shot"), "its of is"),
        (lambda d: d.update(content=None), "NoneType"),
        (lambda d: d.update(content=[]), "list"),
        (lambda d: d["content"].update(type="os.system"), "unknown type"),
        (lambda d: d["content"].update(type=["test-state"]), "unknown type"),
        (lambda d: d["content"].update(type="test-part"), "other parts"),
        (lambda d: parts_of(d).pop("size"), "other parts"),
        (lambda d: parts_of(d).update(given=[8]), "other parts"),
        (lambda d: parts_of(d).update(size=3), "int where"),
        (lambda d: parts_of(d).update(size={"tuple": [1, 2, 3]}), "tuple where"),
        (lambda d: parts_of(d).update(size={"tuple": [True, 2]}), "bool where"),
        (lambda d: parts_of(d).update(parts={"deque": [1], "most": 3}), "int where"),
        (lambda d: parts_of(d).update(parts={"deque": [], "most": -1}), "queue"),
        (lambda d: parts_of(d).update(rows={"slice": [1]}), "slice"),
        (lambda d: parts_of(d).update(rows={"import": "os"}), "no known kind"),
        (lambda d: parts_of(d)["latest"]["parts"].update(weights={"tensor": "99", "order": [0]}), "lacks a tensor"),
        (lambda d: parts_of(d)["latest"]["parts"].update(weights={"tensor": "0", "order": [0]}), "another shape"),
        (
            lambda d: parts_of(d)["latest"]["parts"].update(weights={"tensor": "0", "order": ["0", 1]}),
            "another shape",
        ),
        (lambda d: parts_of(d)["latest"]["parts"].update(weights="0"), "str where"),
        (lambda d: parts_of(d)["latest"].update(type="test-state"), "other parts"),
        (lambda d: parts_of(d).update(latest={"type": "colormnet-memory", "traces": None}), "none belongs"),
        (endless, "too many parts"),
    ],
)
def test_case_37_what_does_not_fit_is_refused(change: Callable[[dict[str, Any]], object], said: str) -> None:
    with pytest.raises(UnfitStateError, match=said):
        again(described(change))


@pytest.mark.parametrize(
    "data",
    [b"", b"\0" * 8, b"\xff" * 40, pickle.dumps(0), b"\x02" + b"\0" * 7 + b"{}", save({"0": torch.ones(2)})],
)
def test_case_37_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(UnfitStateError):
        again(data)


def test_case_37_a_state_that_is_cut_off_anywhere_is_refused() -> None:
    data = bytes_of_state(state(), "shot")
    for length in range(len(data)):
        with pytest.raises(UnfitStateError):
            again(data[:length])


@pytest.mark.parametrize("value", [Unknown(), {1: 2}, object(), float("nan"), torch.eye(2).to_sparse()])
def test_what_cannot_be_kept_is_said_when_it_is_written(value: object) -> None:
    with pytest.raises(UnfitStateError):
        bytes_of_state([value], "shot")


def test_nothing_here_knows_pickle() -> None:
    source = Path(__file__).parents[2] / "src" / "kinemacolor" / "models" / "kept.py"
    assert "import pickle" not in source.read_text()
    assert "torch.load" not in source.read_text()
