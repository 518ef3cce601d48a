"""What is out of the usual: far more people than on other days, or far fewer."""
