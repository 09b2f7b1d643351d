"""The network and its files: forward pass, rates, published ``.h5`` and our ``.npz``.

Data to fit it are in :mod:`insilico_nnpoisson.data`, fitting is in
:mod:`insilico_nnpoisson.training`.
"""
