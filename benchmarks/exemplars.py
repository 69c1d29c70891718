"""What many exemplars cost: seconds a frame and peak memory with 1, 20 and 200 of them, at 960x536.

    python benchmarks/exemplars.py --model matching --model colormnet-lite --model colormnet-small --read

Every row runs in a process of its own. Exemplars are pictures synthesized here, all different, one of them the film's
first frame, all shown to one shot (the engine would leave most of them out). ``colormnet-small`` has the ImageNet
trunk and is not trained. ``--read`` measures ColorMNet's memory itself at the sizes of its release (64 key channels,
2 x 512 of value, stride 16, 30 of all tokens answer), filled with random tokens, and compares it with the dense
formula.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import torch

from colormnet_small import ColorMNetSmall, ColorMNetSmallColorizer
from kinemacolor import color
from kinemacolor.evaluation.provenance import provenance
from kinemacolor.models import colormnet_lite, matching
from kinemacolor.models.base import Reference, StreamingColorizer
from kinemacolor.models.colormnet import mfp
from kinemacolor.models.colormnet.key import Key
from kinemacolor.models.colormnet.memory import Memory
from kinemacolor.models.colormnet.policy import MemoryPolicy
from speed import texture

SIZE, COUNTS = (536, 960), (1, 20, 200)


def still(seed: int) -> Reference:
    rgb = torch.from_numpy(texture(*SIZE, seed=seed)).permute(2, 0, 1).contiguous()
    return Reference(*color.split(rgb))


def colorizer(name: str, at_once: int | None) -> StreamingColorizer:
    if name == "matching":
        return matching.load()
    if name == "colormnet-lite":
        return colormnet_lite.load()
    policy = MemoryPolicy(anchors_at_once=at_once)
    return ColorMNetSmallColorizer(ColorMNetSmall.with_imagenet_trunk(), policy=policy)


def measured(name: str, count: int, at_once: int | None, frames: int) -> dict[str, float]:
    """A shot of a moving picture, colored from so many exemplars."""
    model = colorizer(name, at_once)
    world = torch.from_numpy(texture(SIZE[0], SIZE[1] + 4 * frames)).permute(2, 0, 1)
    lumas = [color.split(world[:, :, 4 * i : 4 * i + SIZE[1]].contiguous())[0] for i in range(frames)]
    first = color.split(world[:, :, : SIZE[1]].contiguous())
    references = [Reference(*first), *(still(seed) for seed in range(1, count))]
    idle = _peak_mib()
    began, cpu = time.perf_counter(), time.process_time()
    state = model.start(references)
    started, started_cpu = time.perf_counter() - began, time.process_time() - cpu
    model.step(lumas[0], state)
    cpu = time.process_time()
    for luma in lumas[1:]:
        model.step(luma, state)
    seconds = (time.process_time() - cpu) / (frames - 1)
    return {
        "start_seconds": started,
        "start_cpu_seconds": started_cpu,
        "cpu_seconds_a_frame": seconds,
        "before_mib": idle,
        "peak_mib": _peak_mib(),
    }


def read(count: int, at_once: int | None, frames: int) -> dict[str, float]:
    """One read of ColorMNet's memory that holds so many exemplars."""
    height, width = -(-SIZE[0] // 16), SIZE[1] // 16
    memory = Memory(MemoryPolicy(anchors_at_once=at_once))
    generator = torch.Generator().manual_seed(0)
    for _ in range(count):
        key = torch.randn(1, 64, height, width, generator=generator)
        value = torch.randn(1, 2, 512, height, width, generator=generator)
        memory.write(Key(key, key[:, :1].square() + 1, key.sigmoid()), value, permanent=True)
    key = torch.randn(1, 64, height, width, generator=generator)
    asked = Key(key, key[:, :1].square() + 1, key.sigmoid())
    before = _peak_mib()
    memory.read(asked, 2)
    cpu = time.process_time()
    for _ in range(frames - 1):
        answer = memory.read(asked, 2)
    seconds = (time.process_time() - cpu) / (frames - 1)
    found = {"cpu_seconds_a_frame": seconds, "before_mib": before, "peak_mib": _peak_mib()}
    if at_once is None:
        found["largest_difference"] = _difference(memory, asked, answer[0].flatten(0, 1).flatten(1).T)
    return found


def _difference(memory: Memory, key: Key, answer: torch.Tensor) -> float:
    """To the dense formula: every similarity, top-k, softmax and the sum, for 16 of the queries."""
    some = torch.arange(0, len(answer), len(answer) // 16)
    rows = [planes[0].flatten(1).T[some] for planes in (key.key, key.selection)]
    tokens = memory.permanent.tokens
    alike = mfp.query_operand(*rows) @ tokens.operand.T
    value, where = alike.topk(memory.policy.top_k)
    weights = torch.zeros_like(alike).scatter(1, where, value.softmax(1))
    return float((weights @ tokens.value - answer[some]).abs().max())


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", action="append", default=[])
    parser.add_argument("--read", action="store_true")
    parser.add_argument("--frames", type=int, default=6)
    parser.add_argument("--output", type=Path)
    parser.add_argument("--row", nargs=3, metavar=("MODEL", "COUNT", "AT_ONCE"), help="one row, in this process")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    if arguments.row:
        name, count, at_once = arguments.row[0], int(arguments.row[1]), int(arguments.row[2]) or None
        work = (
            read(count, at_once, arguments.frames)
            if name == "read"
            else measured(name, count, at_once, arguments.frames)
        )
        print(json.dumps({"model": name, "exemplars": count, "at_once": at_once, **work}), flush=True)
        return
    names = [*arguments.model, *(["read"] if arguments.read else [])]
    wanted = [(name, count, 0) for name in names for count in COUNTS]
    wanted += [(name, 200, 8) for name in names if name in ("read", "colormnet-small")]
    rows = []
    for row in wanted:
        command = [sys.executable, __file__, "--frames", str(arguments.frames), "--row", *map(str, row)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        print(done.stdout, end="", flush=True)
        rows.append(json.loads(done.stdout))
        if arguments.output:
            arguments.output.write_text(json.dumps({"rows": rows, "provenance": provenance()}, indent=1))


if __name__ == "__main__":
    main()
