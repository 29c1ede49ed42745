"""A fresh store for each test."""

import pytest

from pmterm.store.database import Database


@pytest.fixture
def store_path(tmp_path):
    return tmp_path / "store" / "pmterm.db"


@pytest.fixture
async def database(store_path):
    async with await Database.open(store_path) as opened:
        yield opened
