"""The HTTP service: stands on `rag`'s public names, and on nothing of `eval`."""
