"""Asks the same questions under strain: among other documents, in other words, against injected text, and again."""
