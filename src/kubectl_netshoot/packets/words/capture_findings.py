"""Findings about the capture itself: what of it could not be read, was lost, or was not kept."""

from kubectl_netshoot.packets.finding_ids import FindingId as F
from kubectl_netshoot.packets.words.sentence import Advised, Choice, Sentence

FINDINGS: dict[F, Advised] = {
    F.UNREAD_LINES: Advised(
        Sentence(
            "One line looks like a packet and could not be read: what it says is missing here",
            "{count} lines look like packets and could not be read: what they say is missing here",
            "count",
        ),
        Sentence(
            "Explain the capture itself, which no pasting damages: `tcpdump -w FILE`, then `kubectl netshoot explain "
            "FILE`"
        ),
    ),
    F.CAPTURE_CUT: Advised(
        Choice(
            "after_packet",
            {0: Sentence("The capture is cut off before its first whole packet (at {place})")},
            Sentence(
                "The capture is cut off after packet {after_packet} (at {place}): all before it is explained"
            ),
        ),
        Sentence(
            "The writer was killed, or the file is still being written or copied: `tcpdump -U` writes every packet at "
            "once"
        ),
    ),
    F.CAPTURE_GARBLED: Advised(
        Choice(
            "after_packet",
            {0: Sentence("The capture is damaged before its first packet (at {place})")},
            Sentence(
                "The capture is damaged after packet {after_packet} (at {place}): all before it is explained, "
                "nothing behind it is"
            ),
        ),
        Sentence(
            "Copy it again, as binary: a terminal (kubectl exec -t) or a text mode transfer changes bytes of a capture"
        ),
    ),
    F.CAPTURE_DROPS: Advised(
        Sentence(
            "The capturing host lost one packet: what is missing here may have been on the wire",
            "The capturing host lost {count} packets: what is missing here may have been on the wire",
            "count",
        ),
        Sentence("Capture again with a narrower filter, a smaller snap length (-s) or a larger buffer (-B)"),
    ),
    F.CAPTURE_SNAPPED: Advised(
        Sentence(
            "One packet was longer than what was kept of it (snap length)",
            "{count} packets were longer than what was kept of them (snap length)",
            "count",
        ),
        Sentence("Where contents matter, capture again with whole packets (-s 0)"),
    ),
    F.COMMENT: Advised(
        Sentence('Somebody wrote into the capture: "{text}"'),
        Sentence("Nothing to do; it is a comment of whoever made or edited the file"),
    ),
    F.SEEN_TWICE: Advised(
        Sentence(
            "One packet was seen twice, at two interfaces, and is counted once",
            "{count} packets were seen twice, at two interfaces, and are counted once",
            "count",
        ),
        Sentence("Nothing to do; to capture each packet once, name an interface (`-i eth0`, not `-i any`)"),
    ),
    F.NOT_UNDERSTOOD: Advised(
        Sentence(
            "One packet is of a kind that is not explained here",
            "{count} packets are of a kind that is not explained here",
            "count",
        ),
        Sentence("Look at it with Wireshark or `tcpdump -r FILE`"),
    ),
    F.CONVERSATIONS_FOLDED: Advised(
        Sentence(
            "One conversation is only counted, {kept} are told: memory is bounded",
            "{count} conversations are only counted, {kept} are told: memory is bounded",
            "count",
        ),
        Sentence("A larger --max-flows, or a narrower filter when capturing, shows more of them"),
    ),
    F.ONE_SIDED: Advised(
        Sentence(
            "Of one conversation between {client} and {server} only what {side} sent was captured",
            "Of {count} conversations between {client} and {server} only what {side} sent was captured",
            "count",
        ),
        Sentence(
            "The capture's filter or interface sees one direction only, or the answers take another way: capture on "
            "`any`, with a filter for both directions"
        ),
    ),
    F.LOST_IN_CAPTURE: Advised(
        Sentence(
            "{bytes} that {side} sent between {client} and {server} are not in the capture, though they arrived"
        ),
        Sentence(
            "The capture lost packets, not the network: a narrower filter or a larger buffer (-B) helps"
        ),
    ),
    F.STARTED_MIDWAY: Advised(
        Sentence(
            "One connection was open already when the capture began: who opened it is a guess",
            "{count} connections were open already when the capture began: who opened them is a guess",
            "count",
        ),
        Sentence("Nothing to do; to see the set-up, begin the capture before the client connects"),
    ),
}
