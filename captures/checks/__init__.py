"""The checks: which requirements a capture can decide for one speaker, each a pure function on what was said.

A new check is a new line in the table of one of the modules; `requirement` is the id in the requirement catalogue.
"""

from captures.checks import authentication, changes, contents, demand, digests, identity, polls, rates, states, timing
from captures.findings import Check

CHECKS: tuple[Check, ...] = (
    *contents.CHECKS,
    *identity.CHECKS,
    *states.CHECKS,
    *polls.CHECKS,
    *changes.CHECKS,
    *rates.CHECKS,
    *timing.CHECKS,
    *demand.CHECKS,
    *authentication.CHECKS,
    *digests.CHECKS,
)
