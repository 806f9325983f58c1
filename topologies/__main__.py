"""`python -m topologies`: `bfdspec lab` alone, without the time that the other rooms take to load."""

from topologies.cli import lab

lab(prog_name="python -m topologies")
