"""What is the same for every command: what it says, its JSON, its inputs, its exit code.

No command is here, and nothing that is computed.
"""
