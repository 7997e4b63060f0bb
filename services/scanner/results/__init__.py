"""What a message contains: examining it, and storing what was found."""
