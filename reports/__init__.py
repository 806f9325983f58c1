"""What a stranger reads first: the result model (versioned), and its renderings as HTML, JUnit XML, JSON and
terminal text.

Imports no other room of this project: everything a report says is in the model.
"""
