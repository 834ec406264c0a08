"""kubectl-netshoot: put a copy of a live pod behind its Service, look at the traffic, take it out again safely."""

__version__ = "0.1.0"
