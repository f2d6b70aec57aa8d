"""Texts with the habits of web pages that were saved as text."""

OPENING = """About these notes

Every morning before the first crossing I write down what I saw on the quay, and I will go on doing so until someone \
stops me or the ferry does.

Read about me »

"""

POSTS = """What the tide gauge tells us and why nobody looks at it

Filed Under (Harbours, Public money) by Greta Lund on 07-09-2014

The gauge at the north pier was put up for ninety thousand crowns. Since then its figures have been read out once. \
Read the rest of this entry »

A small success

Filed Under (Ferries) by Greta Lund on 02-09-2014

The second boat now sails on Sundays too. In the first week 412 people took it.

It will stay until the end of October.
"""

ARTICLES = """The winter timetable was changed without a word to the islanders. Shops learned of it from a poster.

Some have written to the county.

Tagged county, ferries | 4 Comments

A bridge would cost eleven times what the two boats cost. No one has counted the tolls.

Leave a comment

Lights on the breakwater go out at ten. The pilots asked for midnight.

1 Comment
"""

STUBS = """The Ferry Question, Explained for Newcomers

The ferry question, explained for newcomers who have just moved to the islands and wonder…

More information

Who owns the slipway at Norrhamn?

A short history of three lawsuits about forty metres of concrete.

More information
"""

_PROSE = "Small harbours rarely pay for themselves and were never meant to. " * 6

TRANSCRIPTION = f"""SLIPWAYS AND SHORES: WHO PAYS FOR SMALL HARBOURS?

Size: px
Start display at page:

Download "SLIPWAYS AND SHORES"

Transcription

1 Harbour papers: {_PROSE}THE ROAD SO FAR The county has owned the quays since the war. {_PROSE}1

2 Harbour papers: {_PROSE}A dredger has to come every Box 1: What dredging costs in a year The bill was 1.3 million \
crowns. It was less before. {_PROSE}2

3 Harbour papers: second summer. {_PROSE}WHAT OTHERS DO Neighbours share one dredger. {_PROSE}3
"""
