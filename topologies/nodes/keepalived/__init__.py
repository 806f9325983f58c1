"""keepalived's BFD, told what to do by rewriting its configuration file and having it read again."""
