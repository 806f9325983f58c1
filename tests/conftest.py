"""What all tests need.

Property tests: as many examples as HYPOTHESIS_PROFILE asks for. `make nightly` asks for more than `make test`."""

import os
import signal

from hypothesis import settings

settings.register_profile("nightly", max_examples=2_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

# Whoever starts the tests in the background ignores SIGINT for them, and so would every program that they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
