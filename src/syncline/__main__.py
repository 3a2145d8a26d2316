"""`python -m syncline` and the `syncline` command."""

from __future__ import annotations


def main() -> None:
    """Run the command line."""
    from syncline.bootstrap import main as run

    run()


if __name__ == "__main__":
    main()
