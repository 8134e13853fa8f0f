"""Start the program `nowfab`."""

import sys

from nowfab import cli


def main() -> None:
    """Run with the words of this process; Ctrl-C before the first node is asked ends with 130 too."""
    try:
        cli.main(sys.argv)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
