"""Generated cases: the same in every run, and no clock decides whether one fails.

`pytest --hypothesis-profile=wide` looks at many more, other ones each time.
"""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "steady", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("wide", settings.get_profile("steady"), derandomize=False, max_examples=2_000)
settings.load_profile("steady")
