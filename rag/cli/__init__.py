"""The command line: options in, library calls, output for people or programs."""
