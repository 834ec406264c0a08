"""All troubles there are."""

from tests.system.chaos.troubles import api, cluster, process

TROUBLES = (*process.TROUBLES, *api.TROUBLES, *cluster.TROUBLES)
