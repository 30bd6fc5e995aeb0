"""Calls that are made side by side, and not waited for longer than there is time."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from typing import Final, TypeVar

WORKERS: Final = 8
"""The interpreter lock binds boto3 from about 16 on; 8 at 20 ms an answer already exceed Pinpoint's quota."""

T = TypeVar("T")


def side_by_side(
    tasks: Iterable[Callable[[], Iterable[T]]], *, patience: float | None = None, name: str
) -> Iterator[T]:
    """What the tasks give, as they end; of those that have not after `patience` seconds, nothing.

    A call that hangs must not keep the others waiting: it goes on in its thread, and nobody hears of it.
    """
    pool = ThreadPoolExecutor(WORKERS, thread_name_prefix=name)
    try:
        futures = [pool.submit(task) for task in tasks]
        with suppress(TimeoutError):
            for future in as_completed(futures, timeout=patience):
                yield from future.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
