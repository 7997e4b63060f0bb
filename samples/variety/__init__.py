"""Documents in great variety, each with its truth: the accuracy of the extraction is measured and
guarded by them.

Languages, wordings, number and date formats, layouts, taxes and parties are drawn at random from a
seed, so that no two documents are alike and every run gives the same ones.
"""

from samples.variety.draw import Document, Form, documents, others

__all__ = ["Document", "Form", "documents", "others"]
