"""refbfd, this project's own daemon, run and commanded as any other: a process and its command line."""
