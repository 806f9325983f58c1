"""Strangers meet: scenarios between two implementations, and the matrix of who works with whom. Empty as yet."""
