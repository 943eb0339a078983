"""Passwords: argon2id, off the event loop, and the same work for an e-mail that nobody has."""

import asyncio

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

AT_ONCE = 2
"""How many are worked out at a time: each takes 64 MiB of memory by default."""


class Passwords:
    def __init__(self, hasher: Argon2Hasher | None = None) -> None:
        """`hasher`: argon2id with the cost to use; by default what its library recommends (RFC 9106)."""
        self._hash = PasswordHash((hasher or Argon2Hasher(),))
        self._nobodys = self._hash.hash("the password of nobody")
        self._workers = asyncio.Semaphore(AT_ONCE)

    async def hash(self, password: str) -> str:
        async with self._workers:
            return await asyncio.to_thread(self._hash.hash, password)

    async def verify(self, password: str, password_hash: str | None) -> bool:
        """Whether it matches. Without a hash: the same work, and False."""
        async with self._workers:
            matches = await asyncio.to_thread(self._hash.verify, password, password_hash or self._nobodys)
        return matches and password_hash is not None
