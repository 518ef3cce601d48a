"""Names of indexes that jobs make and migrations leave alone."""

NEAR_PREFIX = "embedding_near_"
"""How the names of the vector indexes of single products begin."""
