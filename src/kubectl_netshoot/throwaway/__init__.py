"""Pods of our own: a throwaway pod, or one on a node with its namespaces; the session around them is the same."""

from .planning import PodPlan
from .request import PodRequest
from .running import plan_pod, run_pod

__all__ = ["PodPlan", "PodRequest", "plan_pod", "run_pod"]
