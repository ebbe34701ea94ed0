"""The explorer: one page in a browser to look at a space and touch it, over a JSON API.

``requests`` and ``answers`` declare what goes over the wire, ``operations`` does it with a
``SentenceSpace``, ``survey`` places a corpus on the map meanwhile, ``worker`` lets one thread at
the model, ``guards`` keeps other sites out, ``routes`` joins them, ``documentation`` describes
them, and ``server`` puts them on a port. The page itself is plain files in ``static/``.
"""
