"""`bfdspec verify`: captures meet checks, and what comes of it becomes a report."""
