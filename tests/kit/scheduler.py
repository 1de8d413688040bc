"""The scheduler of `pytest -n`: a process gets one group after the other."""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling


class Scheduler(LoadScopeScheduling):
    """Gives out groups in the order of the collection.

    Args:
        config: of pytest.
        log: of pytest-xdist.
        read_groups: answers the group of each test by its id, once the tests are collected.
    """

    def __init__(self, config, log, read_groups):
        super().__init__(config, log)
        config.option.loadscopereorder = False
        self._read_groups, self._groups = read_groups, {}

    def schedule(self):
        self._groups = self._groups or self._read_groups()
        super().schedule()

    def _split_scope(self, nodeid):
        return self._groups[nodeid]
