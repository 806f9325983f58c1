"""The fast reader of captures: columns of packets out of bytes, without an object per packet.

Lives here: containers (pcap, pcapng, gzip), link layers, IP, UDP and the tunnels that carry BFD, and Control packets,
each for many frames at once. Must not live here: any opinion about what was read. It knows fewer tunnels and link
types than Wireshark, and says which of the latter it left out.
"""

from captures.fast.reader import FastReading, read_fast

__all__ = ["FastReading", "read_fast"]
