"""One process, one open queue: a worker never goes on with the jobs of another database."""

import pytest

from storage import queue
from storage.engine import Database


async def test_a_second_opening_in_one_process_is_refused_and_leaves_the_first_alone(
    db: Database,
) -> None:
    async with queue.opened(db.url) as app:
        first = app.connector
        with pytest.raises(queue.AlreadyOpen):
            async with queue.opened(db.url):
                pass
        assert app.job_manager.connector is app.connector is first
        assert await app.job_manager.list_jobs_async() == []
    async with queue.opened(db.url):
        pass
