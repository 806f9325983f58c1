"""The commands of `bfdspec lab`, a module for each part of a laboratory's life."""
