"""Bytes <-> scapy layers <-> `ControlPacket`, frames around them, and named damage for negative cases.

`layers` is the format of RFC 5880 sections 4.1 to 4.4; `codec` turns it into the protocol's values and back; `frames`
puts a datagram into Ethernet, IP and UDP and takes it out again; `damage` breaks a good packet in a named way. No
judgement lives here: a packet that RFC 5880 section 6.8.6 would discard is dissected like any other. No session, no
clock, no socket.
"""
