"""What the laboratory raises, apart from its nodes (`topologies.node.NodeError`)."""


class LabError(Exception):
    """The laboratory could not be laid or cleared. The message is one line: what, where, and what would help."""
