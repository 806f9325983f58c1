"""ExaBGP, which speaks BGP and no BFD."""
