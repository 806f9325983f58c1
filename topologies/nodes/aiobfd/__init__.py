"""aiobfd: a process for each session, commanded by its options alone."""
