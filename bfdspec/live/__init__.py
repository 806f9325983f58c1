"""`bfdspec capture` and `bfdspec watch`: BFD as it happens."""
