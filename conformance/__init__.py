"""The RFCs as runnable sentences: the catalogue of requirements, the bench, the cases, their expectations per target.

May use refimpl.wire and refimpl.core's constants and packet, captures, topologies and reports. The session logic of the
reference is out of bounds: a judge never shares code with the accused. The one exception is
`conformance.targets.reference`, which puts that logic on the bench as the accused.
"""
