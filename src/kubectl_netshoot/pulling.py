"""An image that a node cannot pull: with which secrets it tries, and what can be changed about that.

Kubernetes lets nobody add a pull secret to a pod that exists, and `kubectl debug --copy-to` none to a copy: both have
the pod's own and its service account's (which admission writes into the pod, too).
"""

from collections.abc import Sequence

from .model import Container

PULLING = ("ErrImagePull", "ImagePullBackOff")


def pull_hint(container: Container, secrets: Sequence[str], is_ours: bool) -> str:
    """What to do where this container waits for an image that cannot be pulled; empty where it does not.

    `secrets` are the pod's pull secrets; `is_ours` says that the pod was made from a manifest of our own.
    """
    if container.waiting not in PULLING:
        return ""
    tried = f"with pull secret {', '.join(secrets)}" if secrets else "without any pull secret"
    if is_ours:
        return (
            f"{container.image} was pulled {tried}: --image-pull-secret names one of the namespace, --image another "
            "image; or `pull-secrets` and `image` in the settings"
        )
    return (
        f"{container.image} was pulled {tried}, as the pod itself, and nobody can add one: name an image that the "
        "nodes can pull by --image, or by `image` in the settings"
    )
