"""Threads that compute side by side, each with its share of the cores."""

from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier

import torch


@contextmanager
def sharing_cores(threads: int, ways: int | None = None) -> Iterator[Executor]:
    """A pool of ``threads``, each of which computes on a share of torch's threads: one of ``ways``, at least 1.

    ``ways`` None is ``threads``. Two frames at once on a core each are a tenth faster than one after the other on
    both: small operations gain little from a second core. The number of threads also decides in what order sums are
    added, so whatever shall be the same to the bit has to run with the same share. Where the pool is left by an
    error, or since nobody asks any more, what waits in it is not begun.
    """
    here = torch.get_num_threads()
    share = max(1, here // (ways or threads))
    begun = Barrier(threads)

    def begin() -> None:
        torch.get_num_threads()  # a thread that has never asked takes the number of all, whatever was set before
        torch.set_num_threads(share)
        begun.wait()

    with ThreadPoolExecutor(threads) as pool:
        for started in [pool.submit(begin) for _ in range(threads)]:
            started.result()
        torch.set_num_threads(here)  # the number is a thread's own, but also that of threads that begin later
        try:
            yield pool
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
