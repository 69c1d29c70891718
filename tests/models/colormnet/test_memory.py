"""What is stored, what moves, and when."""

import copy
import math
from dataclasses import replace

import pytest
import torch

from kinemacolor.errors import SettingError
from kinemacolor.models.colormnet.anchors import Part
from kinemacolor.models.colormnet.key import Key
from kinemacolor.models.colormnet.memory import Memory
from kinemacolor.models.colormnet.policy import MemoryPolicy
from kinemacolor.models.colormnet.tokens import TokenBuffer, Tokens

SIZE = (3, 4)
POLICY = MemoryPolicy(working_max_frames=4, working_min_frames=2, prototypes_tokens=5, long_term_max_tokens=12)


def whole(size: tuple[int, int] = SIZE, color: float = 0.0) -> Part:
    return Part(torch.full((size[0] * size[1], 2), color))


def frame(seed: int, size: tuple[int, int] = SIZE) -> tuple[Key, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    key = torch.randn(1, 6, *size, generator=generator)
    return Key(key, key[:, :1].square() + 1, key.sigmoid()), torch.randn(1, 2, 3, *size, generator=generator)


def filled(frames: int, policy: MemoryPolicy = POLICY) -> Memory:
    memory = Memory(policy)
    memory.write(*frame(0), permanent=True, part=whole())
    for i in range(1, frames):
        memory.read(frame(100 + i)[0], 2)
        memory.write(*frame(i))
    return memory


def test_policy_defaults_are_the_papers() -> None:
    assert MemoryPolicy() == MemoryPolicy(5, 10, 5, 128, 10_000, 30, True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"write_every_frames": 0},
        {"top_k": 0},
        {"working_max_frames": 5},
        {"working_min_frames": 0},
        {"long_term_max_tokens": 100},
        {"decay_per_frame": 1.0},
    ],
)
def test_an_impossible_policy_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(SettingError, match=next(iter(wrong))):
        MemoryPolicy(**wrong)


def test_consolidation_keeps_the_exemplar_and_the_latest_frames() -> None:
    memory = filled(4)
    assert memory.sizes == (2 * 12, 5)
    assert torch.equal(memory.permanent.tokens.key, frame(0)[0].key[0].flatten(1).T)
    assert torch.equal(memory.working.tokens.key, frame(3)[0].key[0].flatten(1).T)


def test_prototypes_are_the_most_used_tokens() -> None:
    memory = filled(3)
    tokens = memory.working.tokens
    expected = tokens.key[tokens.usage.topk(5).indices]
    memory.write(*frame(3))
    assert torch.equal(memory.long_term.tokens.key, expected)


def test_long_term_memory_stays_within_its_limit() -> None:
    # each consolidation brings 5 tokens; with 12 in all, the third has to drop some
    for frames in range(4, 20):
        assert filled(frames).sizes[1] <= 12
    assert filled(20).sizes[0] <= 4 * 12


def test_no_surplus_drops_nothing() -> None:
    policy = MemoryPolicy(working_max_frames=4, working_min_frames=2, prototypes_tokens=5, long_term_max_tokens=10)
    assert filled(6, policy).sizes[1] == 10


def test_without_long_term_nothing_is_consolidated() -> None:
    policy = MemoryPolicy(working_max_frames=4, working_min_frames=2, long_term=False)
    assert filled(9, policy).sizes == (9 * 12, 0)


def test_several_exemplars_stay_and_count_as_one_frame() -> None:
    memory = Memory(POLICY)
    for i in range(3):
        memory.write(*frame(50 + i, (2, 5)), permanent=True, part=whole((2, 5)))
    for i in range(3):
        memory.read(frame(100 + i)[0], 2)
        memory.write(*frame(i))
    assert len(memory.permanent) == 30
    assert memory.sizes == (30 + 12, 5)


def test_only_shown_pixels_of_an_exemplar_are_kept() -> None:
    memory = Memory(POLICY)
    coverage = torch.full((12,), 0.09)
    coverage[6] = 0.5
    key, value = frame(0)
    memory.write(key, value, permanent=True, part=Part(torch.zeros(12, 2), coverage))
    assert torch.equal(memory.permanent.tokens.value[0], value[0, :, :, 1, 2].flatten())
    assert torch.allclose(memory.read(frame(5)[0], 2), value[:, :, :, 1:2, 2:3].expand(1, 2, 3, *SIZE))


def test_a_half_shown_place_says_half_as_much() -> None:
    key = Key(torch.zeros(1, 6, 1, 1), torch.ones(1, 1, 1, 1), torch.ones(1, 6, 1, 1))
    memory = Memory(POLICY)
    memory.write(key, torch.ones(1, 1, 1, 1, 1), permanent=True, part=whole((1, 1)))
    memory.write(key, torch.zeros(1, 1, 1, 1, 1), permanent=True, part=Part(torch.zeros(1, 2), torch.tensor([0.5])))
    assert float(memory.read(key, 1)) == pytest.approx(2 / 3)


def test_case_29_many_exemplars_read_as_the_relevant_ones_alone() -> None:
    policy = replace(POLICY, top_k=6, anchors_at_once=3)
    many, few = Memory(policy), Memory(replace(policy, anchors_at_once=None))
    asked = frame(0)[0]
    alike = {17, 230, 444}
    for number in range(500):
        key, value = frame(1000 + number)
        if number in alike:
            key = replace(key, key=asked.key + 0.05 * key.key)
        many.write(key, value, permanent=True, part=whole())
        if number in alike:
            few.write(key, value, permanent=True, part=whole())
    torch.testing.assert_close(many.read(asked, 2), few.read(asked, 2), atol=1e-5, rtol=1e-5)
    assert len(many.permanent) == 500 * 12


def test_of_two_look_alikes_the_stronger_color_wins_not_their_mean() -> None:
    key, value = frame(0)
    nearly = replace(key, key=key.key + 0.01)
    found = {}
    for radius in (None, 20.0):
        memory = Memory(replace(POLICY, top_k=2, conflict_radius=radius))
        memory.write(key, torch.ones_like(value), permanent=True, part=whole(color=40.0))
        memory.write(nearly, -torch.ones_like(value), permanent=True, part=whole(color=-40.0))
        found[radius] = memory.read(key, 2)
    assert found[None].abs().max() < 0.8, "without the guard they cancel out"
    torch.testing.assert_close(found[20.0], torch.ones_like(value))


def test_the_nearer_of_two_equal_exemplars_says_more_if_asked_to() -> None:
    key = Key(torch.zeros(1, 6, 1, 1), torch.ones(1, 1, 1, 1), torch.ones(1, 6, 1, 1))
    other = replace(key, key=torch.full((1, 6, 1, 1), 0.5))
    found = {}
    for alpha in (0.0, 1.0, 4.0):
        memory = Memory(replace(POLICY, nearness=alpha))
        for value, frame_number, asked in ((0.0, 0, other), (1.0, 230, key)):
            part = Part(torch.zeros(1, 2), frame=frame_number)
            memory.write(asked, torch.full((1, 1, 1, 1, 1), value), permanent=True, part=part)
        found[alpha] = float(memory.read(key, 1, now=20))
    # alike as they are, the second answers by softmax; near in time is the first
    assert found[0.0] == pytest.approx(1 / (1 + math.exp(-1.5 / 6**0.5)), abs=1e-5)
    assert found[0.0] > found[1.0] > found[4.0]
    sigma, apart = 1.5 / 6**0.5 / 2, (210 - 20) / 240
    expected = 1 / (1 + math.exp(-1.5 / 6**0.5 + sigma * apart))
    assert found[1.0] == pytest.approx(expected, abs=1e-5)


def test_what_agrees_is_read_as_without_the_guard() -> None:
    plain, guarded = Memory(POLICY), Memory(replace(POLICY, conflict_radius=20.0))
    for memory in (plain, guarded):
        for number in range(3):
            memory.write(*frame(number), permanent=True, part=whole(color=5.0 * number))
        memory.write(*frame(9))
    assert torch.equal(plain.read(frame(7)[0], 2), guarded.read(frame(7)[0], 2))


def test_use_sums_to_the_queries_and_life_counts_reads() -> None:
    memory = filled(3)
    life = memory.permanent.tokens.life
    assert torch.allclose(life, torch.full_like(life, 2))
    before = sum(float(b.tokens.use.sum()) for b in (memory.permanent, memory.working))
    memory.read(frame(9)[0], 2)
    after = sum(float(b.tokens.use.sum()) for b in (memory.permanent, memory.working))
    assert after - before == pytest.approx(12, abs=1e-4)


def test_a_copy_goes_its_own_way() -> None:
    memory = filled(5)
    twin = copy.deepcopy(memory)
    before = memory.read(frame(7)[0], 2)
    memory.write(*frame(6))
    assert torch.equal(twin.read(frame(7)[0], 2), before)


def test_a_buffer_keeps_rows_while_it_grows() -> None:
    buffer, rows = TokenBuffer(), []
    for i in range(7):
        key = torch.full((i + 1, 2), float(i))
        buffer.append(Tokens.new(key, torch.ones(i + 1), key, key))
        rows.append(key)
    assert torch.equal(buffer.tokens.key, torch.cat(rows))
    buffer.keep(slice(3, 6))
    assert torch.equal(buffer.tokens.key, torch.cat(rows)[3:6])


def test_random_choice_is_not_by_usage_and_repeats() -> None:
    policy = replace(POLICY, choice="random")
    memory, again, usual = filled(3, policy), filled(3, policy), filled(3)
    for each in (memory, again, usual):
        each.write(*frame(3))
    assert torch.equal(memory.long_term.tokens.key, again.long_term.tokens.key)
    assert not torch.equal(memory.long_term.tokens.key, usual.long_term.tokens.key)
    assert all(filled(frames, policy).sizes[1] <= 12 for frames in range(4, 16))


def test_decaying_weights_make_frames_say_less_and_exemplars_as_much_as_ever() -> None:
    # one token each, of the same key: what is read is their mean by weight
    key = Key(torch.zeros(1, 6, 1, 1), torch.ones(1, 1, 1, 1), torch.ones(1, 6, 1, 1))
    memory = Memory(replace(POLICY, choice="decay", decay_per_frame=0.5))
    memory.write(key, torch.zeros(1, 1, 1, 1, 1), permanent=True, part=whole((1, 1)))
    memory.write(key, torch.ones(1, 1, 1, 1, 1))
    shares = [float(memory.read(key, 1)) for _ in range(3)]
    assert shares == pytest.approx([1 / 2, (1 / 2) / (1 + 1 / 2), (1 / 4) / (1 + 1 / 4)], abs=1e-5)
    assert all(filled(frames, replace(POLICY, choice="decay")).sizes[1] <= 12 for frames in range(4, 16))


def test_the_latest_frame_alone_is_kept() -> None:
    memory = Memory(MemoryPolicy.of("recurrent"))
    memory.write(*frame(0), permanent=True, part=whole())
    for i in range(1, 4):
        memory.read(frame(i)[0], 2)
        memory.write(*frame(i), frame=i)
    assert memory.sizes == (12, 0)
    assert torch.equal(memory.working.tokens.key, frame(3)[0].key[0].flatten(1).T)


def test_stacking_keeps_every_frame() -> None:
    assert filled(30, MemoryPolicy.of("stacking")).sizes == (30 * 12, 0)
    assert MemoryPolicy.of("stacking").write_every_frames == 1
    assert MemoryPolicy.of("mfp") == MemoryPolicy()
