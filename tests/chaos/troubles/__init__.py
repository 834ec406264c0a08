"""All troubles there are."""

from tests.chaos.troubles import api, cluster, process

TROUBLES = (*process.TROUBLES, *api.TROUBLES, *cluster.TROUBLES)
