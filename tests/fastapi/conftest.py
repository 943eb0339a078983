"""A manager whose news everybody may follow."""

from typing import TYPE_CHECKING

import pytest

from tidings import (
    User,
)

if TYPE_CHECKING:
    pass


from tests.fastapi.application import News, make_manager


@pytest.fixture
def manager():
    manager = make_manager()

    @manager.authorize(News)
    async def everybody(channel: News, user: User) -> bool:
        return True

    return manager
