"""Stand-ins of platforms that are polled, one module each; ``community`` says what they share."""
