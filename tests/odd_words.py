"""Words that nobody means to type: what every suite that types anything at all has in common."""

import os

from hypothesis import strategies as st

ODD = ("", " ", "-", "--", "---", "=", "-=", "--=", "\x1b[2J", "a\nb")
# Bytes as the kernel hands them over, whether or not they are UTF-8.
RAW = st.binary(min_size=1, max_size=12).filter(lambda raw: b"\0" not in raw).map(os.fsdecode)
