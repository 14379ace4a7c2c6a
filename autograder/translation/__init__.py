"""The course in other languages: catalogues, the segments of a text, editions, and cards in the reader's language.

English is the source. Verdicts, reports and logs stay English; a card is translated when it is shown.
"""
