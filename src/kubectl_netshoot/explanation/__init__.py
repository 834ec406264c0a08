"""A report in words: text, ladder, page or JSON, in English or Chinese; how it is said is hidden from the commands."""

from kubectl_netshoot.explanation.language import LANGUAGES, Language, preferred
from kubectl_netshoot.explanation.names import read_names
from kubectl_netshoot.explanation.telling import Teller
from kubectl_netshoot.explanation.voice import Voice

__all__ = ["LANGUAGES", "Language", "Teller", "Voice", "preferred", "read_names"]
