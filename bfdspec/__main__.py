"""`python -m bfdspec`."""

from bfdspec.cli import main

main()
