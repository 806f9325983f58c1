"""What all tests need.

Property tests: as many examples as HYPOTHESIS_PROFILE asks for. `make nightly` asks for more than `make test`."""

import os
import signal

from hypothesis import settings

# Without deadlines: how long an example takes is for the machine to say, which may be busy, not for a test.
settings.register_profile("usual", deadline=None)
settings.register_profile("nightly", deadline=None, max_examples=2_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "usual"))

# Whoever starts the tests in the background ignores SIGINT for them, and so would every program that they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
