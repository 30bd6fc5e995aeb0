"""The store in memory keeps the contract of the real one."""

import pytest

from journey_watch.store.memory import MemoryRunStore
from tests.store.run_store_contract import RunStoreContract


class TestMemoryRunStore(RunStoreContract):
    @pytest.fixture
    def store(self) -> MemoryRunStore:
        return MemoryRunStore()
