"""The real scanner's code in a test's hand: every single operation and every publish waits until it is let go."""
