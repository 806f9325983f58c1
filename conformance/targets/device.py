"""A device that is there already: one link, its end of the tester's interface, one case at a time.

Nothing is started and nothing is configured, neither here nor there, except by the commands of the device file. The
tester's interface has its addresses already, so that its kernel answers the device's ARP and neighbour discovery.
"""

import os
import socket
from pathlib import Path
from random import Random

from conformance.bench.live import LiveWire, sink
from conformance.bench.wire import Link
from conformance.targets.target import Lease
from topologies.errors import LabError
from topologies.neighbours import resolve, seat, within
from topologies.nodes.device.description import Device, load_device
from topologies.nodes.device.node import DeviceNode


class DeviceTarget:
    """A device, reached over the link that its file describes. Raises DeviceError and topologies.errors.LabError."""

    real = True

    def __init__(self, path: Path) -> None:
        self._device = device = load_device(path)
        if os.geteuid() != 0:
            raise LabError(f"device {device.name} is reached through packet sockets, which needs root")
        self._node = DeviceNode(device)
        self._link, how = _link(device)
        self.name = device.name
        self.version = device.version
        self.description = "; ".join(part for part in (device.description, f"MAC address {how}") if part)
        # The device sends between cases, too; a peer that runs BFD does not answer that with ICMP errors.
        self._sinks = within(device.tester.namespace, lambda: _sinks(device.tester.interface))

    @property
    def lacks(self) -> dict[str, str]:
        """What the device file declares as lacking, or neither configures nor commands."""
        return {str(capability): reason for capability, reason in self._node.lacks.items()}

    def lease(self, rng: Random, links: int = 1) -> Lease:
        """A wire on the link; there is only this one. The sessions that were configured by hand may still know of an
        earlier case: see `conformance.bench.scenario.be_forgotten`."""
        return Lease(within(self._device.tester.namespace, lambda: LiveWire([self._link])), self._node)

    def close(self) -> None:
        """Close what keeps the kernel quiet between cases."""
        for each in self._sinks:
            each.close()


def _link(device: Device) -> tuple[Link, str]:
    """The link, and in words how the device's MAC address came to be known."""
    tester, families = device.tester, device.families
    own = seat(tester.interface, tester.namespace)
    networks = {version: device.network(version) for version in families}
    for address in [str(network.ip) for network in networks.values()] + [spec.peer for spec in device.specs()]:
        if address not in own.addresses:
            raise LabError(
                f"interface {tester.interface} does not have the address {address}: add it with `ip addr add`"
            )
    mac, how = device.target.mac, "as the device file says"
    if mac is None:
        mac = resolve(tester.interface, device.target_address(families[0]), tester.namespace)
        how = f"from the kernel's neighbour table, after {'ARP' if families[0] == 4 else 'neighbour discovery'}"
    link = Link(
        tester_interface=tester.interface,
        target_interface=device.target.interface,
        tester_mac=own.mac,
        target_mac=mac,
        tester_addresses={version: str(network.ip) for version, network in networks.items()},
        target_addresses={version: device.target_address(version) for version in families},
        neighbours=0,
        prefix_lengths={version: network.network.prefixlen for version, network in networks.items()},
    )
    return link, f"{mac} {how}"


def _sinks(interface: str) -> list[socket.socket]:
    return [sink(family, port, interface) for family in (4, 6) for port in (3784, 4784)]
