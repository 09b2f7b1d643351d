"""What a stimulus is: frames with a rate, grey levels, sizes, the display, conversion.

Reading files is in ``readers``, making frames of parameters in ``spec`` and
``families``.
"""
