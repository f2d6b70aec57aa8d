"""The program `rag`."""

import os
import sqlite3
import sys


def main() -> None:
    """Runs the program and ends it: 0 done, 1 failed, 2 wrong usage, 3 abstained, 130 interrupted."""
    try:
        code = _run()
        sys.stdout.flush()
    except KeyboardInterrupt:
        code = 130
    except BrokenPipeError:
        # Who read the output has enough of it; what is still buffered must not fail once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    sys.exit(code)


def _run() -> int | str | None:
    """Runs the command; its exit code."""
    from rag.cli.app import app  # noqa: PLC0415 - so that an interrupt while modules load ends as cleanly as any other
    from rag.cli.screen import plain  # noqa: PLC0415
    from rag.errors import RagError, SettingError  # noqa: PLC0415

    try:
        app(prog_name="rag")
    except SystemExit as done:
        return done.code
    except sqlite3.Error as error:
        print(f"rag: the index could not be read or written: {plain(str(error))}; see `rag status`.", file=sys.stderr)
        return 1
    except RagError as error:
        print(f"rag: {plain(str(error))}", file=sys.stderr)
        return 2 if isinstance(error, SettingError) else 1
    return 0


if __name__ == "__main__":
    main()
