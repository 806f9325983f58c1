"""What the daemon itself takes for congestion (RFC 5880 section 7)."""

import asyncio

import pytest

from refimpl.runtime.sockets import CONGESTION
from refimpl.runtime.udp import EngineError
from refimpl.service.config import SessionModel
from refimpl.service.system import System


@pytest.mark.parametrize(
    ("problem", "factor"), [(CONGESTION, 2), ("the peer answers that nobody listens (ICMP port unreachable)", 1)]
)
def test_a_full_queue_is_a_sign_and_another_failure_is_none(problem: str, factor: int) -> None:
    async def slowed() -> int:
        system = System()
        try:
            system.add(SessionModel(name="s", peer="127.0.0.2", local="127.0.0.1", type="multi_hop"))
        except EngineError as error:
            pytest.skip(str(error))
        (session,) = system._engine.speaker.sessions
        system._on_transmit_problem(session, problem)
        assert system.show("s")[0]["slowed_by"] == 1, "not before what is being done is done"
        await asyncio.sleep(0)
        (view,) = system.show("s")
        system.close()
        return int(view["slowed_by"])

    assert asyncio.run(slowed()) == factor
