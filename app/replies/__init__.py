"""What the team decides travels back to the people who asked, into the thread where they did."""
