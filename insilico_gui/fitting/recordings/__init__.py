"""Recordings to fit and judge by: the published folders of trials, and what imports them.

A data set is a folder with one sub-folder for each kind of data, all of them with the same
``.npy`` files. Nothing here knows a model.
"""
