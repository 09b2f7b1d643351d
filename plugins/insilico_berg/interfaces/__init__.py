"""The place where the published package has the base class of models."""
