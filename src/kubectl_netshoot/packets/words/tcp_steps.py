"""The steps of a TCP connection: set up, data, what is lost on the way, the close."""

from kubectl_netshoot.packets.step_ids import StepId as S
from kubectl_netshoot.packets.words.sentence import Choice, Detail, Sentence, Told, one_or_more

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

STEPS: dict[S, Told] = {
    S.TCP_SYN: Told(Sentence("{who} asks to open a connection (SYN)"), _OFFER),
    S.TCP_SYN_AGAIN: Told(
        one_or_more(
            "{who} got no answer and asks again (SYN retransmitted)",
            "{who} got no answer and asks {count} more times (SYN retransmitted)",
        ),
        (Detail("seconds", Sentence("the last one {seconds} after the first SYN")),),
    ),
    S.TCP_SYN_ACK: Told(Sentence("{who} accepts (SYN-ACK)"), (_LATER, *_OFFER)),
    S.TCP_SYN_ACK_AGAIN: Told(
        one_or_more(
            "{who} accepts again (SYN-ACK retransmitted): the ACK of {other} did not reach it",
            "{who} accepts {count} more times (SYN-ACK retransmitted): the ACK of {other} did not reach it",
        ),
        (_LATER,),
    ),
    S.TCP_ESTABLISHED: Told(
        Sentence("{who} confirms (ACK): the three-way handshake is complete, the connection is established"),
        (Detail("round_trip_seconds", Sentence("round-trip time {round_trip_seconds}")),),
    ),
    S.TCP_REFUSED: Told(Sentence("{who} refuses the connection (RST): nothing listens there"), (_LATER,)),
    S.TCP_UNANSWERED: Told(
        one_or_more(
            "Nobody answers the SYN: no SYN-ACK and no RST came",
            "Nobody answers the {attempts} SYNs: no SYN-ACK and no RST came",
            "attempts",
        ),
        (Detail("seconds", Sentence("{seconds} until the end of the capture")),),
    ),
    S.TCP_HANDSHAKE_UNFINISHED: Told(
        Sentence("The handshake stays unfinished: nobody acknowledged the SYN-ACK"),
        (Detail("seconds", Sentence("{seconds} until the end of the capture")),),
    ),
    S.TCP_MIDWAY: Told(
        Sentence("The capture begins in the middle of this connection; its set-up was not seen")
    ),
    S.TCP_DATA: Told(
        one_or_more("{who} sends {bytes}", "{who} sends {bytes} in {count} packets"),
    ),
    S.TCP_ACK: Told(
        one_or_more("{who} acknowledges (ACK)", "{who} acknowledges ({count} ACKs)"),
        (Detail("bytes", Sentence("{bytes} arrived")),),
    ),
    S.TCP_RETRANSMISSION: Told(
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
    ),
    S.TCP_OUT_OF_ORDER: Told(
        one_or_more("A packet of {who} arrives out of order", "{count} packets of {who} arrive out of order"),
        (_IN_ALL,),
    ),
    S.TCP_LOST_SEGMENT: Told(
        Sentence("Something that {who} sent is missing here: it was lost, or not captured"), (_IN_ALL,)
    ),
    S.TCP_DUPLICATE_ACK: Told(
        one_or_more(
            "{who} repeats its last ACK (duplicate ACK): it still waits for a missing packet",
            "{who} repeats its last ACK {count} times (duplicate ACKs): it still waits for a missing packet",
        )
    ),
    S.TCP_ZERO_WINDOW: Told(
        Sentence("{who} says that its receive buffer is full (zero window): {other} must wait")
    ),
    S.TCP_WINDOW_REOPENED: Told(
        Sentence("{who} can receive again (window update)"),
        (_WINDOW, Detail("seconds", Sentence("after {seconds}"))),
    ),
    S.TCP_KEEP_ALIVE: Told(
        one_or_more(
            "{who} asks whether {other} is still there (keep-alive)",
            "{who} asks {count} times whether {other} is still there (keep-alive)",
        )
    ),
    S.TCP_KEEP_ALIVE_ACK: Told(
        one_or_more(
            "{who} is still there (answer to the keep-alive)",
            "{who} is still there ({count} answers to keep-alives)",
        )
    ),
    S.TCP_FIN: Told(
        Choice(
            "first",
            {
                True: Sentence("{who} has nothing more to send and closes its side (FIN)"),
                False: Sentence("{who} closes its side too (FIN)"),
            },
            Sentence("{who} closes its side (FIN)"),
        )
    ),
    S.TCP_FIN_BOTH: Told(Sentence("Both sides close at the same moment: their FINs crossed on the wire")),
    S.TCP_HALF_CLOSE: Told(
        Sentence("The connection is half-closed: {who} can still send"),
        (
            Detail("bytes", Sentence("it sent {bytes} more")),
            Detail("seconds", Sentence("for {seconds}")),
        ),
    ),
    S.TCP_CLOSED: Told(
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
        )
    ),
    S.TCP_RESET: Told(
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
                "after-close": Sentence(
                    "{who} sends a reset (RST) after both sides had closed; it does no harm"
                ),
            },
            Sentence("{who} resets the connection (RST)"),
        )
    ),
    S.TCP_STILL_OPEN: Told(
        Sentence("The connection is still open when the capture ends"),
        (Detail("idle_seconds", Sentence("silent for the last {idle_seconds}")),),
    ),
}
