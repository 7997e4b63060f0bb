"""The HTTP surface: one module for each kind of thing."""
