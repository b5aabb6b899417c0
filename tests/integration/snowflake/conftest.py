"""A feed's complete life cycle, run once, with every statement recorded."""

from collections.abc import Iterator

import pytest

from generator.statements import life
from generator.statements.life import FeedLife
from generator.statements.recorder import Recording


@pytest.fixture(scope="session")
def feed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FeedLife]:
    with life.started(tmp_path_factory.mktemp("statements")) as feed:
        feed.play()
        yield feed


@pytest.fixture(scope="session")
def recording(feed: FeedLife) -> Recording:
    return feed.recording
