"""The places where the published package has its registry, errors and checks."""
