"""Passwords are hashed at once; run as a program, this is `assethub` with such hashes.

By the real parameters a hash takes a fifth of a second of a core, which only tests of just that
need: their hubs are run with `real_hashes`.
"""

from functools import partial

import argon2

QUICK = {"time_cost": 1, "memory_cost": 64, "parallelism": 1}


def hash_quickly() -> None:
    argon2.PasswordHasher = partial(argon2.PasswordHasher, **QUICK)  # type: ignore[misc, assignment]


if __name__ == "__main__":
    from assethub.__main__ import main

    hash_quickly()
    main()
