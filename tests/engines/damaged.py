"""Two ways in which a page comes damaged."""

from random import Random


def cut(body: bytes, random: Random) -> bytes:
    start, end = sorted(random.randrange(len(body) + 1) for _ in range(2))
    return random.choice([body[:end], body[:start] + body[end:]])


def garble(body: bytes, random: Random) -> bytes:
    damaged = bytearray(body)
    for _ in range(random.randrange(1, 200)):
        damaged[random.randrange(len(damaged))] = random.randrange(256)
    return bytes(damaged)
