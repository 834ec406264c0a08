"""All troubles there are."""

from tests.system.chaos.troubles import api, cluster, process

TROUBLES = (*process.TROUBLES, *api.TROUBLES, *cluster.TROUBLES)
#: Those of sessions whose copy differs from its source; what a seed says of other sessions stays as it is.
SET_TROUBLES = (*TROUBLES, cluster.POLICY_CHANGES_IMAGE)
