"""Threads that compute side by side, each with its share of the cores."""

import threading

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
