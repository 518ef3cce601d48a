"""A week or a day in a page, a mail or a message: what was heard, what moved, what waits."""
