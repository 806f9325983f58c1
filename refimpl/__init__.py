"""A speaker that can be read next to the RFCs.

Arrows point one way: core (no clock, no socket, no logger; standard library only) < profiles (one application RFC a
file) < wire (scapy layers) < runtime (clocks, links, sockets) < service (daemon, control) < integrations.
"""

__version__ = "0.1.0"
