"""GoBGP with the BFD of its own, told what to do through its configuration file."""
