"""What the workspace knows, in one SQL database.

schema       the tables
database     the connection, and words for its errors
migrations   from an older format to this one
records      what goes in and comes out
origins      sources and access classes
rules        what is said of sources, folders and documents, and the grants that follow
people_rows  the ids of people, under which everything of theirs is kept
placing      which class a document belongs to, and how it comes into another one
counting     passages and terms per class
reading      questions
former       former revisions, apart from everything that answers
writing      the two transactions around an index commit
packing      pages and counts as bytes
store        ``Catalogue``, which puts them together
"""

from homeground.catalogue.records import (
    CitedPage,
    DocumentName,
    KnownFile,
    NewRevision,
    Pending,
    Permission,
    Placed,
    Removal,
    Rule,
    Source,
    Stamp,
    Statistics,
    TermCounts,
)
from homeground.catalogue.store import Catalogue

__all__ = [
    "Catalogue",
    "CitedPage",
    "DocumentName",
    "KnownFile",
    "NewRevision",
    "Pending",
    "Permission",
    "Placed",
    "Removal",
    "Rule",
    "Source",
    "Stamp",
    "Statistics",
    "TermCounts",
]
