"""Runs kubectl-netshoot out of its zipapp, from files unpacked once for each version.

Hides where they are and whether they are whole, in use or outdated. shiv's own bootstrap unpacks them but is
not used to start: it reads the archive's directory twice and imports much, which triples the time of every
run. The modules that this file needs only to unpack are imported there for the same reason.
"""

import fcntl
import os
import stat
import sys
import time
from collections.abc import Iterator

NAME = "kubectl-netshoot"
MARKER = "complete"
# Every unpacked folder gets this date. A file that comes or goes changes its folder's date.
SEALED = 315532800
OUTDATED_SECONDS = 30 * 24 * 3600
LONG_SECONDS = 1.0


def start(build_id: str) -> None:
    """Find or make the unpacked files of this version, and run the program in them."""
    occupy_descriptors()
    archive = os.path.dirname(os.path.abspath(__file__))
    # At once: what is needed to unpack must not come from PYTHONPATH either.
    isolate(archive)
    try:
        site = unpacked(build_id) or first_run(archive, build_id)
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        if sys.stderr:
            sys.stderr.write(f"error: {NAME} cannot be unpacked: {error.strerror or error}\n")
        sys.exit(1)
    use(site)
    from kubectl_netshoot.__main__ import main

    main()


def occupy_descriptors() -> None:
    """Where a standard stream was closed (`>&-`), the next file that is opened would take its place."""
    descriptor = 0
    while descriptor <= 2:
        descriptor = os.open(os.devnull, os.O_RDWR)
    os.close(descriptor)


def use(site: str) -> None:
    """Import from here on from the unpacked files, and keep what is compiled."""
    isolate(site)
    # The folder is ours alone, so that a wish to keep others clean of .pyc files does not mean it.
    sys.dont_write_bytecode = False


def isolate(site: str) -> None:
    """Let this process import from `site` and the standard library only, and its children from neither."""
    sys.path[:] = [site, *filter(is_standard, sys.path)]
    for name in [name for name in os.environ if name == "PYTHONPATH" or name.startswith("SHIV_")]:
        del os.environ[name]


def is_standard(path: str) -> bool:
    """Whether an entry of sys.path belongs to the interpreter itself."""
    library = os.path.dirname(os.__file__)
    inside = path == library or path.startswith(library + os.sep)
    return os.path.basename(path) not in ("site-packages", "dist-packages") and (
        inside or os.path.basename(path) == "lib-dynload"
    )


def unpacked(build_id: str) -> str:
    """The folder to import from, if it was unpacked earlier; else an empty text."""
    for root in roots():
        folder = os.path.join(root, build_id)
        if is_trusted(root) and claim(folder):
            return os.path.join(folder, "site-packages")
    return ""


def first_run(archive: str, build_id: str) -> str:
    """The folder to import from, unpacked now and compiled as far as every command needs it.

    Who waits for that at a terminal is told why, as soon as it takes long. Elsewhere nobody waits, and what a first
    run alone says would only be in the way of whoever reads stderr.
    """
    from importlib import import_module
    from threading import Timer

    notice = Timer(LONG_SECONDS, tell_why)
    notice.daemon = True
    if sys.stderr and sys.stderr.isatty():
        notice.start()
    try:
        site = os.path.join(unpack_somewhere(archive, build_id), "site-packages")
        use(site)
        import_module("kubectl_netshoot.cli.main")
    finally:
        notice.cancel()
    return site


def tell_why() -> None:
    """What a first run does meanwhile."""
    sys.stderr.write("kubectl netshoot: unpacking, once for each version ...\n")
    sys.stderr.flush()


def roots() -> Iterator[str]:
    """Where unpacked versions may be, best first."""
    cache, home = os.environ.get("XDG_CACHE_HOME", ""), os.environ.get("HOME", "")
    if os.path.isabs(cache):
        yield os.path.join(cache, NAME)
    elif os.path.isabs(home):
        yield os.path.join(home, ".cache", NAME)
    import tempfile

    # Not the name of the folder in which sessions keep their private files.
    yield os.path.join(tempfile.gettempdir(), f"{NAME}-cache-{os.geteuid()}")


def is_trusted(root: str) -> bool:
    """Whether nobody but this user (and root) can have put something into a folder."""
    try:
        status = os.lstat(root)
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid() and not status.st_mode & 0o022


def claim(folder: str) -> bool:
    """Whether a version is whole; if so, it is safe from removal while this process lives."""
    try:
        marker = os.open(os.path.join(folder, MARKER), os.O_RDONLY)
    except OSError:
        return False
    if lock(marker, fcntl.LOCK_SH) and is_whole(folder, os.read(marker, 1 << 20).decode()):
        mark_used(folder)
        return True
    os.close(marker)
    return False


def lock(descriptor: int, kind: int) -> bool:
    """Take a lock that the kernel drops with the process; False when another's is in the way."""
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        # Some network file systems have no locks; age alone protects there.
        pass
    return True


def is_whole(folder: str, directories: str) -> bool:
    """Whether no file below a folder was added or removed since it was sealed."""
    try:
        times = {int(os.stat(os.path.join(folder, path)).st_mtime) for path in directories.splitlines()}
    except OSError:
        return False
    return times == {SEALED}


def mark_used(folder: str) -> None:
    """Note on a folder that it was needed now, where it can be written."""
    try:  # noqa: SIM105  # contextlib would cost every start
        os.utime(folder)
    except OSError:
        pass


def unpack_somewhere(archive: str, build_id: str) -> str:
    """Unpack into the first root that can be had, at worst into one of this run alone."""
    for root in roots():
        try:
            if unpack(archive, root, build_id):
                return os.path.join(root, build_id)
        except OSError:
            continue
    import atexit
    import shutil
    import tempfile

    root = tempfile.mkdtemp(prefix=NAME + "-")
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    unpack(archive, root, build_id)
    return os.path.join(root, build_id)


def unpack(archive: str, root: str, build_id: str) -> bool:
    """Unpack and claim a version below a root; whoever comes second waits and finds it done.

    False when the root is not ours alone; raises OSError when it cannot be written.
    """
    from _bootstrap import FileLock  # type: ignore[import-not-found]  # shiv puts it into the archive

    umask = os.umask(0o077)
    try:
        os.makedirs(root, mode=0o700, exist_ok=True)
        if not is_trusted(root):
            return False
        os.chmod(root, 0o700)
        folder = os.path.join(root, build_id)
        with FileLock(os.path.join(root, ".lock")):
            if not claim(folder):
                extract(archive, folder)
                sweep(root, folder)
        return claim(folder)
    finally:
        os.umask(umask)


def extract(archive: str, folder: str) -> None:
    """Replace a folder with what the archive holds."""
    import zipfile
    from pathlib import Path

    from _bootstrap import extract_site_packages

    with zipfile.ZipFile(archive) as opened:
        extract_site_packages(opened, Path(folder), force=True)
    seal(folder)


def seal(folder: str) -> None:
    """Date every directory, then write the marker that lists them: it is there last or not at all."""
    top = os.path.join(folder, "site-packages")
    directories = [path for path, _, _ in os.walk(top)]
    for path in directories:
        # Made now, because a first .pyc would otherwise change the date of the directory around it.
        os.makedirs(os.path.join(path, "__pycache__"), exist_ok=True)
        os.utime(path, (SEALED, SEALED))
    marker = os.path.join(folder, MARKER)
    with open(marker + ".new", "w", encoding="utf-8") as file:
        file.writelines(os.path.relpath(path, folder) + "\n" for path in directories)
    os.replace(marker + ".new", marker)


def sweep(root: str, kept: str) -> None:
    """Remove versions that nobody uses and nobody used for a long time."""
    oldest = time.time() - OUTDATED_SECONDS
    for entry in os.scandir(root):
        if entry.path != kept and entry.is_dir(follow_symlinks=False) and entry.stat().st_mtime < oldest:
            remove_unless_used(entry.path)


def remove_unless_used(folder: str) -> None:
    """Remove a version, unless a process that runs from it holds its marker."""
    import shutil

    try:
        marker = os.open(os.path.join(folder, MARKER), os.O_RDONLY)
    except FileNotFoundError:
        shutil.rmtree(folder, ignore_errors=True)
        return
    if lock(marker, fcntl.LOCK_EX):
        shutil.rmtree(folder, ignore_errors=True)
    os.close(marker)
