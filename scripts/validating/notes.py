"""What the page says beside its numbers."""

INTRODUCTION = """
What each declared analysis finds of units whose truth is known. Run
"""

NOTES: dict[str, str] = {}
