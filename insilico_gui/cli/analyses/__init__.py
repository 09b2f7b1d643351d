"""Commands of analyses: some written by hand, the others made from declarations.

What all of them can be given, sessions or files of responses, is in the folder above.
"""
