"""Timers of the engine's loop are finer than the milliseconds of asyncio's own."""

import asyncio
import statistics

from refimpl.runtime.loop import new_event_loop


def test_short_timers_are_not_rounded_up_to_milliseconds() -> None:
    async def lateness() -> float:
        loop = asyncio.get_running_loop()
        late = []
        for _ in range(50):
            due = loop.time() + 0.0002
            fired = loop.create_future()
            loop.call_at(due, fired.set_result, None)
            await fired
            late.append(loop.time() - due)
        return statistics.median(late)

    with asyncio.Runner(loop_factory=new_event_loop) as fine, asyncio.Runner() as coarse:
        assert fine.run(lateness()) < coarse.run(lateness())
