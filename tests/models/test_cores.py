"""Threads that compute side by side, each with its share of the cores."""

import threading
import time
from collections.abc import Generator

import pytest
import torch

from kinemacolor.models.cores import sharing_cores


@pytest.mark.parametrize(("threads", "ways", "share"), [(2, None, 1), (1, None, 2), (2, 1, 2), (3, None, 1)])
def test_each_thread_has_its_share_and_all_others_theirs(threads: int, ways: int | None, share: int) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with sharing_cores(threads, ways) as pool:
            assert {pool.submit(torch.get_num_threads).result() for _ in range(4)} == {share}
            assert torch.get_num_threads() == 2
            elsewhere: list[int] = []
            thread = threading.Thread(target=lambda: elsewhere.append(torch.get_num_threads()))
            thread.start()
            thread.join()
            assert elsewhere == [2]
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_what_waits_when_nobody_asks_any_more_is_not_begun() -> None:
    began = []

    def work(number: int) -> None:
        began.append(number)
        time.sleep(0.2)

    def numbers() -> Generator[int, None, None]:
        with sharing_cores(1) as pool:
            waiting = [pool.submit(work, number) for number in range(9)]
            for number, done in enumerate(waiting):
                done.result()
                yield number

    source = numbers()
    assert next(source) == 0
    source.close()
    assert len(began) <= 2
