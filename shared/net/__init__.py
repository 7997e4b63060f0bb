"""Network hosts: names, allowed addresses, and HTTP to checked addresses."""
