"""Everything a case may touch: the bench and its verbs, the puppet, matchers, verdicts, the oracle.

Must not live here: cases, targets, anything of the reference's session logic. All times are integer microseconds.
"""
