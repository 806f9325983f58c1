"""The lab: namespaces, links and the daemons in them. No protocol: nothing here knows what a BFD packet means.

Lives here: the description of what a case may ask of an implementation (`node`), drivers that lay links (`netns`), one
folder per implementation (`nodes/`). Imports no other room of this project; the reference is started as a process,
through its command line, like any other daemon.
"""
