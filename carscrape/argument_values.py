"""What the text of one argument means."""


class ArgumentError(Exception):
    """An argument that cannot be meant; the text is one line for the person who typed it."""


def whole_number(name: str, given: str | None, most: int = 10**9) -> int | None:
    """The number from 1 to `most` that the argument of this name gives; None if it is not given.

    Raises:
        ArgumentError: it is none.
    """
    if given is None:
        return None
    if not (given.isascii() and given.isdigit() and 0 < int(given) <= most):
        raise ArgumentError(f"{name}: expected a whole number from 1 to {most}, got {given!r}")
    return int(given)


def read_port(given: str | None) -> int | None:
    """The port of a demo web that runs already; None if it is not given.

    Raises:
        ArgumentError: it is no port.
    """
    return whole_number("demo_port", given, 65535)


def read_shard(given: str | None) -> tuple[int, int] | None:
    """Which part of the plan, as (2, 8) for the second of eight; None for all of it.

    Raises:
        ArgumentError: it is no such part.
    """
    if given is None:
        return None
    mine, slash, shards = given.partition("/")
    numbers = (whole_number("shard", mine), whole_number("shard", shards)) if slash else (None, 1)
    if numbers[0] is None or numbers[1] is None or numbers[0] > numbers[1]:
        raise ArgumentError(f"shard: expected I/N with I from 1 to N, as in 2/8, got {given!r}")
    return numbers[0], numbers[1]
