"""Timer manipulation (RFC 5880 section 6.8.3)."""

from conformance.deviants.deviant import Deviant
from conformance.deviants.patches import following, hesitant, impatient
from conformance.deviants.patches_demand import SettledByClearFinal

DEVIANTS = (
    Deviant("5880-6.8.3-r08", "fast while Down", following(slow_interval_us=100_000)),
    Deviant("5880-6.8.3-r06", "raised interval in force at once", following(announce=impatient)),
    Deviant("5880-6.8.3-r07", "lowered RX in force at once", following(announce=impatient)),
    Deviant("5880-6.8.3-r12", "lowered interval waits for the Final", following(announce=hesitant)),
    Deviant("5880-6.8.3-r14", "raised RX waits for the Final", following(announce=hesitant)),
    Deviant(
        "5880-6.8.3-r17", "a packet with F clear awaited in Demand mode", following(poll_sequence=SettledByClearFinal)
    ),
)
