"""Property tests: as many examples as HYPOTHESIS_PROFILE asks for. `make nightly` asks for more than `make test`."""

import os

from hypothesis import settings

settings.register_profile("nightly", max_examples=2_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
