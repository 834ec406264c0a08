"""A fake Kubernetes cluster: one process, served over HTTPS, that kubectl and the Python client talk to.

`handle.ClusterProcess` starts it. Its own tests are in `tests`; nothing here imports the program, `tools` or `bench`.
"""
