"""The command line `bfdspec`: puts the commands of the rooms together and does nothing itself."""
