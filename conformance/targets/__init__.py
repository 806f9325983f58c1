"""Targets: what is put on the bench. Each gives a link to itself and a node to talk to.

`reference` is the only module of this room that may touch the reference's session logic: there it is the accused.
"""
