"""The steps of a TCP connection: set up, data, what is lost on the way, the close."""

from typing import Literal, TypeAlias

from kubectl_netshoot.packets.messages.kinds import Choice, Detail, Sentence, StepKind, one_or_more

# int, int (power of 2), bool, bool, bool
_OPTIONS = ("mss_bytes", "window_scale", "sack", "timestamps", "fast_open")
_WINDOW = Detail("window_bytes", Sentence("window {window_bytes}"))
_OFFER = (
    Detail("mss_bytes", Sentence("MSS {mss_bytes}")),
    _WINDOW,
    Detail("window_scale", Sentence("window scale {window_scale}")),
    Detail("sack", Sentence("SACK")),
    Detail("timestamps", Sentence("timestamps")),
    Detail("fast_open", Sentence("TCP Fast Open")),
)
_LATER = Detail("seconds", Sentence("{seconds} later"))
_IN_ALL = Detail("bytes", Sentence("{bytes} in all"))

TCP_SYN = StepKind(
    "tcp-syn",
    (*_OPTIONS, "window_bytes"),
    Sentence("{who} asks to open a connection (SYN)"),
    _OFFER,
    label=Sentence("SYN"),
)
TCP_SYN_AGAIN = StepKind(
    "tcp-syn-again",
    ("seconds",),  # from the first SYN to the last
    one_or_more(
        "{who} got no answer and asks again (SYN retransmitted)",
        "{who} got no answer and asks {count} more times (SYN retransmitted)",
    ),
    (Detail("seconds", Sentence("the last one {seconds} after the first SYN")),),
    label=one_or_more("SYN again", "SYN again x{count}"),
)
TCP_SYN_ACK = StepKind(
    "tcp-syn-ack",
    (*_OPTIONS, "window_bytes", "seconds"),  # seconds since the SYN
    Sentence("{who} accepts (SYN-ACK)"),
    (_LATER, *_OFFER),
    label=Sentence("SYN-ACK"),
)
TCP_SYN_ACK_AGAIN = StepKind(
    "tcp-syn-ack-again",
    ("seconds",),
    one_or_more(
        "{who} accepts again (SYN-ACK retransmitted): the ACK of {other} did not reach it",
        "{who} accepts {count} more times (SYN-ACK retransmitted): the ACK of {other} did not reach it",
    ),
    (_LATER,),
    label=one_or_more("SYN-ACK again", "SYN-ACK again x{count}"),
)
TCP_ESTABLISHED = StepKind(
    "tcp-established",
    ("round_trip_seconds",),  # the handshake's last ACK; side: who sent it
    Sentence("{who} confirms (ACK): the three-way handshake is complete, the connection is established"),
    (Detail("round_trip_seconds", Sentence("round-trip time {round_trip_seconds}")),),
    label=Sentence("ACK, established"),
)
TCP_REFUSED = StepKind(
    "tcp-refused",
    ("seconds",),  # RST as the answer to SYN
    Sentence("{who} refuses the connection (RST): nothing listens there"),
    (_LATER,),
    label=Sentence("RST, refused"),
)
TCP_UNANSWERED = StepKind(
    "tcp-unanswered",
    ("attempts", "seconds"),  # seconds from the first SYN to the end of the capture
    one_or_more(
        "Nobody answers the SYN: no SYN-ACK and no RST came",
        "Nobody answers the {attempts} SYNs: no SYN-ACK and no RST came",
        "attempts",
    ),
    (Detail("seconds", Sentence("{seconds} until the end of the capture")),),
    label=Sentence("no answer"),
    arrow=False,
    silent=True,
    from_absence=True,
)
TCP_HANDSHAKE_UNFINISHED = StepKind(
    "tcp-handshake-unfinished",
    ("seconds",),  # SYN-ACK without its ACK
    Sentence("The handshake stays unfinished: nobody acknowledged the SYN-ACK"),
    (Detail("seconds", Sentence("{seconds} until the end of the capture")),),
    label=Sentence("handshake unfinished"),
    arrow=False,
    silent=True,
    from_absence=True,
)
TCP_MIDWAY = StepKind(
    "tcp-midway",
    (),  # the capture began in the middle of the connection
    Sentence("The capture begins in the middle of this connection; its set-up was not seen"),
    label=Sentence("begun before the capture"),
    arrow=False,
    from_absence=True,
)
TCP_DATA = StepKind(
    "tcp-data",
    ("bytes",),  # payload of a protocol that is not told, neighbouring segments together
    one_or_more("{who} sends {bytes}", "{who} sends {bytes} in {count} packets"),
    label=Sentence("{bytes}"),
)
TCP_ACK = StepKind(
    "tcp-ack",
    ("bytes",),  # pure ACKs: how many more bytes of the other side they acknowledge
    one_or_more("{who} acknowledges (ACK)", "{who} acknowledges ({count} ACKs)"),
    (Detail("bytes", Sentence("{bytes} arrived")),),
    label=one_or_more("ACK", "ACK x{count}"),
)
TCP_RETRANSMISSION = StepKind(
    "tcp-retransmission",
    ("bytes", "fast"),  # fast: int, how many of them after duplicate ACKs
    one_or_more(
        "{who} sends again what was not acknowledged (retransmission)",
        "{who} sends again what was not acknowledged ({count} retransmissions)",
    ),
    (
        _IN_ALL,
        Detail(
            "fast",
            Sentence(
                "{fast} of them after duplicate ACKs (fast retransmission)",
                "{fast} of them after duplicate ACKs (fast retransmissions)",
                "fast",
            ),
        ),
    ),
    label=one_or_more("retransmission", "retransmission x{count}"),
)
TCP_OUT_OF_ORDER = StepKind(
    "tcp-out-of-order",
    ("bytes",),
    one_or_more("A packet of {who} arrives out of order", "{count} packets of {who} arrive out of order"),
    (_IN_ALL,),
    label=one_or_more("out of order", "out of order x{count}"),
)
TCP_LOST_SEGMENT = StepKind(
    "tcp-lost-segment",
    ("bytes",),  # a hole: sent but not (yet) seen in the capture
    Sentence("Something that {who} sent is missing here: it was lost, or not captured"),
    (_IN_ALL,),
    label=Sentence("missing: {bytes}"),
    arrow=False,
    from_absence=True,
)
TCP_DUPLICATE_ACK = StepKind(
    "tcp-duplicate-ack",
    (),
    one_or_more(
        "{who} repeats its last ACK (duplicate ACK): it still waits for a missing packet",
        "{who} repeats its last ACK {count} times (duplicate ACKs): it still waits for a missing packet",
    ),
    label=one_or_more("duplicate ACK", "duplicate ACK x{count}"),
)
TCP_ZERO_WINDOW = StepKind(
    "tcp-zero-window",
    (),  # side: whose buffer is full
    Sentence("{who} says that its receive buffer is full (zero window): {other} must wait"),
    label=Sentence("zero window"),
)
TCP_WINDOW_REOPENED = StepKind(
    "tcp-window-reopened",
    ("window_bytes", "seconds"),
    Sentence("{who} can receive again (window update)"),
    (_WINDOW, Detail("seconds", Sentence("after {seconds}"))),
    label=Sentence("window update"),
)
TCP_KEEP_ALIVE = StepKind(
    "tcp-keep-alive",
    (),
    one_or_more(
        "{who} asks whether {other} is still there (keep-alive)",
        "{who} asks {count} times whether {other} is still there (keep-alive)",
    ),
    label=one_or_more("keep-alive", "keep-alive x{count}"),
)
TCP_KEEP_ALIVE_ACK = StepKind(
    "tcp-keep-alive-ack",
    (),
    one_or_more(
        "{who} is still there (answer to the keep-alive)",
        "{who} is still there ({count} answers to keep-alives)",
    ),
    label=one_or_more("ACK of keep-alive", "ACK of keep-alive x{count}"),
)
TCP_FIN = StepKind(
    "tcp-fin",
    ("first",),  # bool: the first of the two
    Choice(
        "first",
        {
            True: Sentence("{who} has nothing more to send and closes its side (FIN)"),
            False: Sentence("{who} closes its side too (FIN)"),
        },
        Sentence("{who} closes its side (FIN)"),
    ),
    label=Sentence("FIN"),
)
TCP_FIN_BOTH = StepKind(
    "tcp-fin-both",
    (),  # both sides' FIN crossed on the wire
    Sentence("Both sides close at the same moment: their FINs crossed on the wire"),
    label=Sentence("FIN, both at once"),
)
TCP_CLOSED = StepKind(
    "tcp-closed",
    ("packets",),  # int: 3 or 4, the FINs and ACKs that it took
    Choice(
        "packets",
        {
            3: Sentence(
                "{who} confirms (ACK): the connection is closed in good order, in three steps (FIN, FIN-ACK, ACK)"
            ),
            4: Sentence(
                "{who} confirms (ACK): the connection is closed in good order, in four steps (FIN, ACK, FIN, ACK)"
            ),
        },
        Sentence("{who} confirms (ACK): the connection is closed in good order"),
    ),
    label=Sentence("ACK, closed"),
)
# Where in the conversation a reset came.
Moment: TypeAlias = Literal[
    "handshake",  # after the SYN-ACK, before any data
    "request-unanswered",  # a request was sent and had no answer
    "response-cut",  # in the middle of an answer
    "data",  # after data of a protocol that is not told
    "tls-handshake",
    "idle",  # everything asked had been answered
    "closing",  # after a FIN
    "after-close",  # after both FINs
]
TCP_RESET = StepKind(
    "tcp-reset",
    ("moment",),  # a Moment
    Choice(
        "moment",
        {
            "handshake": Sentence(
                "{who} resets the connection (RST) right after the handshake, before any data"
            ),
            "request-unanswered": Sentence(
                "{who} resets the connection (RST) while a request has no answer yet"
            ),
            "response-cut": Sentence("{who} resets the connection (RST) in the middle of a response"),
            "data": Sentence("{who} resets the connection (RST) after data was exchanged"),
            "tls-handshake": Sentence("{who} resets the connection (RST) during the TLS handshake"),
            "idle": Sentence("{who} resets the connection (RST) while it was idle"),
            "closing": Sentence("{who} resets the connection (RST) while it was being closed"),
            "after-close": Sentence("{who} sends a reset (RST) after both sides had closed; it does no harm"),
        },
        Sentence("{who} resets the connection (RST)"),
    ),
    label=Sentence("RST"),
)
TCP_STILL_OPEN = StepKind(
    "tcp-still-open",
    ("idle_seconds",),  # at the end of the capture
    Sentence("The connection is still open when the capture ends"),
    (Detail("idle_seconds", Sentence("silent for the last {idle_seconds}")),),
    label=Sentence("still open"),
    arrow=False,
    silent=True,
    from_absence=True,
)
