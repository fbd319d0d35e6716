"""The web processes: the application is loaded once, and granian's workers are forked from it.

Each worker would load it by itself otherwise: two seconds of a processor and 100 MB apiece, which
forked ones share. `python -m chengguan.config.web` takes the options of `granian`.
"""

import multiprocessing

from granian.cli import entrypoint

from chengguan.config import wsgi


def main() -> None:
    """Load the application with its addresses and serve it until SIGTERM."""
    # Python 3.14 no longer forks unless it is told to; what is loaded here would be lost.
    multiprocessing.set_start_method("fork")
    wsgi.load_addresses()
    entrypoint()  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    main()
