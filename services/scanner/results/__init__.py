"""Results of messages: examining them, and storing what was found."""
