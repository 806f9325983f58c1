"""What a node does that offers none of the optional verbs: it refuses each in one line. Adapters override what their
implementation can do, and their `lacks` names the rest."""

from collections.abc import Sequence
from typing import ClassVar, NoReturn

from topologies.node import AuthSpec, BgpSpec, BgpView, LackError, NodeError, SessionSpec


class PlainNode:
    """A node without optional verbs; see `topologies.node.Node` for what each would do."""

    name: str
    configured: Sequence[SessionSpec] = ()
    knows_vrfs: ClassVar[bool] = False
    """Whether a session can be said to be in a VRF."""

    def remove_session(self, spec: SessionSpec) -> None:
        """Every adapter has its own."""
        raise NotImplementedError

    def set_keys(self, spec: SessionSpec, auth: AuthSpec) -> None:
        """Refused."""
        self._refuse("keys of a running session cannot be changed")

    def set_demand(self, spec: SessionSpec, *, enabled: bool) -> None:
        """Refused."""
        self._refuse("there is no Demand mode")

    def verify(self, spec: SessionSpec) -> None:
        """Refused."""
        self._refuse("a Poll Sequence cannot be asked for")

    def set_echo(
        self,
        spec: SessionSpec,
        *,
        required_min_echo_rx_us: int | None = None,
        desired_min_echo_tx_us: int | None = None,
    ) -> None:
        """Refused."""
        self._refuse("there is no Echo function")

    def set_path_down(self, spec: SessionSpec, diag: int) -> None:
        """Refused."""
        self._refuse("a failure of a concatenated path cannot be reported")

    def reset_forwarding(self, spec: SessionSpec) -> None:
        """Refused."""
        self._refuse("a reset of the forwarding plane cannot be reported")

    def set_congested(self, spec: SessionSpec, *, congested: bool) -> None:
        """Refused."""
        self._refuse("congestion cannot be reported")

    def deconfigure(self, spec: SessionSpec) -> None:
        """Where there is one way to delete a session, this is it."""
        self.remove_session(spec)

    def share_session(self, spec: SessionSpec, client: str) -> None:
        """Refused."""
        self._refuse("a session has one client, its configuration")

    def withdraw_client(self, spec: SessionSpec, client: str = "") -> None:
        """Refused."""
        self._refuse("a session has one client, its configuration")

    def add_bgp(self, spec: BgpSpec, bfd: SessionSpec | None) -> None:
        """Refused."""
        raise LackError(f"{self.name}: no BGP is spoken here")

    def show_bgp(self, spec: BgpSpec) -> BgpView:
        """Refused."""
        raise LackError(f"{self.name}: no BGP is spoken here")

    def _refuse_unusual(self, spec: SessionSpec) -> None:
        """Refuse a session that is asked for more than its implementation has words for."""
        for asked, what in (
            (spec.kind not in ("single_hop", "multi_hop"), "ends of unidirectional links"),
            (spec.point_to_point, "sessions without regard to the far end's address"),
            (spec.dscp is not None, "sessions for a service level"),
            (spec.local_discr or spec.remote_discr, "discriminators that were signalled outside BFD"),
            (spec.vrf and not self.knows_vrfs, "sessions in a VRF"),
        ):
            if asked:
                self._refuse(f"its configuration has no words for {what}")

    def _refuse(self, why: str) -> NoReturn:
        raise NodeError(f"{self.name}: {why}")
