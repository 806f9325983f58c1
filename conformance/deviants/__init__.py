"""Speakers that each break exactly one requirement: they prove that the suite can fail.

A deviant is the reference with one procedure, table row or trait of its encapsulation replaced. It names the
requirement that it breaks, and the case that has to catch it by that requirement.
"""
