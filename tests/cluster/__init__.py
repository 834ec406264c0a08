"""A pretended Kubernetes cluster: one process, served over HTTPS, that kubectl and the Python client talk to.

`handle.ClusterProcess` starts it; nothing outside this package needs more than that.
"""
