"""The consumer of scan events, built on aiormq instead of FastStream for speed."""
