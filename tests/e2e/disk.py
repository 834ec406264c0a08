"""A disk that is full for one process."""

import resource


def fill_disk(pid: int) -> None:
    """No file that it, or a child that it starts from now on, writes to can grow: this needs no administrator."""
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
