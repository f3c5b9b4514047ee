"""The way in of the command `assethub`, which says so where the server is not installed."""

import sys


def main() -> None:
    try:
        from assethub.cli import main as run
    except ModuleNotFoundError as error:
        print(  # noqa: T201
            f"assethub: error: {error.name} is missing; install the server with it: "
            "pip install 'assethub[server]'",
            file=sys.stderr,
        )
        sys.exit(1)
    run()


if __name__ == "__main__":
    main()
