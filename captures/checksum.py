"""Whether a UDP datagram is as its sender made it, by its checksum (RFC 768; RFC 8200 section 8.1).

Lives here: the sum. Must not live here: what follows from it; whoever captures where packets are sent sees most of
them without a checksum, which the network card adds later.
"""

_UDP = 17
_CIRCLE = 0xFFFF  # a one's complement sum of 16-bit words counts in it


def intact(
    source: bytes,
    destination: bytes,
    ports: tuple[int, int],
    udp_length: int,
    checksum: int,
    payload: bytes,
) -> bool:
    """Whether the checksum vouches for the datagram. It does not where it is zero, or where some of the payload is not
    there. Where the card adds it later, the field has the sum of the pseudo-header (so do Linux and others leave it):
    the packet has not left its sender yet, and nothing has happened to it.

    Addresses are in network order; IPv4 ones may be mapped into sixteen bytes, which adds nothing to the sum.
    """
    if not checksum or len(payload) != udp_length - 8:
        return False
    pseudo = int.from_bytes(source) + int.from_bytes(destination) + _UDP + udp_length
    whole = pseudo + sum(ports) + udp_length + checksum + int.from_bytes(payload + bytes(len(payload) % 2))
    return whole % _CIRCLE == 0 or (checksum - pseudo) % _CIRCLE == 0
