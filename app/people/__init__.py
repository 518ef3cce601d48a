"""The humans behind accounts: which accounts are one, what is noted about them, and forgetting."""
