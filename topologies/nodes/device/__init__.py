"""A device that nobody starts: a router on the bench, or a daemon that somebody else runs, described by a YAML file.

`description` is the file, `commands` what it says about telling the device something, `node` the verbs that follow.
"""
