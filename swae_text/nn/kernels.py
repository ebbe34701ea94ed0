"""How many kernels oneDNN keeps, one for each shape of a product: those used last."""

import os

FEW = ("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "64")


def keep_few_kernels() -> None:
    """Have 64 kept, unless the environment says otherwise; to be called before the first product.

    It is 1,024 by itself, and batches of sentences have hundreds of shapes: half a gigabyte, and no
    faster (docs/speed.md).
    """
    os.environ.setdefault(*FEW)
