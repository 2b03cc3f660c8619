"""A client and the stand-ins of the outside world. Speaks HTTP only, imports none of the other packages."""
