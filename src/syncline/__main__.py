"""`python -m syncline` and the `syncline` command."""

from __future__ import annotations


def main() -> None:
    """Run the command line."""
    from syncline import bootstrap

    bootstrap.main()


if __name__ == "__main__":
    main()
