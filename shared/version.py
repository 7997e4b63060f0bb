"""The version of this build.

A test ties it to pyproject.toml, which the container image does not hold.
"""

VERSION = "0.1.0"
