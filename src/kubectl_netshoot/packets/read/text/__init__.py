"""Captures that are text: what tcpdump printed, or a packet list of tshark or Wireshark."""
