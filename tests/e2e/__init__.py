"""The whole product, started for real and used from outside."""
