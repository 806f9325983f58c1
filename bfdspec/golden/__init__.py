"""The golden corpus, captures/golden: how its captures are made, and what is expected of them."""
