"""The numbers that brokers are set up with."""

from collections.abc import Collection, Mapping


def check_numbers(owner: str, numbers: Mapping[str, object], *, whole: Collection[str] = ()) -> None:
    """Raises ValueError naming the first of the owner's numbers that is none above 0, or should be whole and is not."""
    for name, value in numbers.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
            raise ValueError(f"{owner}({name}={value!r}): it must be a number above 0")
        if name in whole and not isinstance(value, int):
            raise ValueError(f"{owner}({name}={value!r}): it must be a whole number")
