"""Start the program `nowfab`."""

import sys

from nowfab import cli


def main() -> None:
    """Run with the words of this process."""
    cli.main(sys.argv)


if __name__ == "__main__":
    main()
