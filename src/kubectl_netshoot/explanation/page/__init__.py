"""The explanation as one page of HTML: nothing is loaded, what packets held is text, only our script runs."""

from kubectl_netshoot.explanation.page.whole import page

__all__ = ["page"]
