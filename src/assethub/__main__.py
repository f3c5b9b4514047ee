"""The way in of the command `assethub`, which says so where the server is not installed."""

import gc
import sys


def main() -> None:
    # What modules make stays. To look for what could go takes an eighth of a start.
    gc.disable()
    try:
        from assethub.cli import main as run
    except ModuleNotFoundError as error:
        print(  # noqa: T201
            f"assethub: error: {error.name} is missing; install the server with it: "
            "pip install 'assethub[server]'",
            file=sys.stderr,
        )
        sys.exit(1)
    gc.freeze()
    gc.enable()
    run()


if __name__ == "__main__":
    main()
