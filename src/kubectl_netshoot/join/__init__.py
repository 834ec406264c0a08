"""What joining would mean: the labels to add, who else is drawn in, every hazard; judged before any change."""

from kubectl_netshoot.join.controllers import scaled_selectors
from kubectl_netshoot.join.copycheck import OF_NODE, Expected, surprises, unexpected_labels
from kubectl_netshoot.join.hazard import Hazard, Severity, Surroundings, Unread, refused
from kubectl_netshoot.join.labels import plan_labels
from kubectl_netshoot.join.plan import ALLOWABLE, JoinPlan, copy_labels, plan_join
from kubectl_netshoot.join.quota import Demand, quota
from kubectl_netshoot.join.source import starting
from kubectl_netshoot.join.topology import Share, bound, place_of, shares, worded

__all__ = [
    "ALLOWABLE",
    "OF_NODE",
    "Demand",
    "Expected",
    "Hazard",
    "JoinPlan",
    "Severity",
    "Share",
    "Surroundings",
    "Unread",
    "bound",
    "copy_labels",
    "place_of",
    "plan_join",
    "plan_labels",
    "quota",
    "refused",
    "scaled_selectors",
    "shares",
    "starting",
    "surprises",
    "unexpected_labels",
    "worded",
]
