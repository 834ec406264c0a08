"""Hides how markup is written: elements are a tree, and what is text can only become text.

The tree is the standard library's, which escapes text and attributes as it writes them.
"""

from xml.etree.ElementTree import Element, tostring

from kubectl_netshoot.terminal import clean


def element(tag: str, *children: "Element | str", **attributes: str | int | float) -> Element:
    """An element; strings are text. `class_` is class, `data_x` is data-x."""
    names = {name.rstrip("_").replace("_", "-"): clean(str(value)) for name, value in attributes.items()}
    made = Element(tag, names)
    for child in children:
        append(made, child)
    return made


def append(parent: Element, child: "Element | str") -> None:
    """Put a child, or text, behind what the element holds already."""
    if not isinstance(child, str):
        parent.append(child)
    elif len(parent):
        parent[-1].tail = (parent[-1].tail or "") + clean(child)
    else:
        parent.text = (parent.text or "") + clean(child)


def document(root: Element) -> str:
    """The text of a whole document."""
    markup: str = tostring(root, encoding="unicode", method="html")
    return "<!doctype html>\n" + markup
