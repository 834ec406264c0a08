"""An image from its halves, with whatever was there before as the other one."""

import pytest

from kubectl_netshoot.errors import UsageError
from kubectl_netshoot.rules.container import check_image, put_together

DIGEST = "@sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("image", "name", "tag", "whole"),
    [
        ("nicolaka/netshoot:v0.16", "", "", "nicolaka/netshoot:v0.16"),
        ("nicolaka/netshoot:v0.16", "", "v0.5", "nicolaka/netshoot:v0.5"),
        ("nicolaka/netshoot:v0.16", "busybox", "", "busybox"),
        ("nicolaka/netshoot:v0.16", "busybox", "1.36.0", "busybox:1.36.0"),
        ("mirror:5000/netshoot", "", "v0.5", "mirror:5000/netshoot:v0.5"),
        ("mirror:5000/netshoot:v1" + DIGEST, "", "v0.5", "mirror:5000/netshoot:v0.5"),
        ("x:1", "mirror:5000/tools/netshoot", "2", "mirror:5000/tools/netshoot:2"),
    ],
)
def test_the_whole(image: str, name: str, tag: str, whole: str) -> None:
    assert put_together(image, name, tag) == whole
    assert check_image(whole) == whole


@pytest.mark.parametrize("tag", ["a b", ":v1", "v1@sha256:00", "-x", "x" * 129, "\x1b[2J", "a/b"])
def test_what_is_no_tag(tag: str) -> None:
    with pytest.raises(UsageError, match="--image-tag"):
        put_together("netshoot:v1", "", tag)


@pytest.mark.parametrize("name", ["busybox:1.36", "busybox" + DIGEST, "mirror:5000/busybox:1"])
def test_a_name_with_a_tag_is_a_whole_image(name: str) -> None:
    with pytest.raises(UsageError, match="--image-name") as raised:
        put_together("netshoot:v1", name, "2")
    assert "--image" in raised.value.hint
