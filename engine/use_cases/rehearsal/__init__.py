"""How does a whole year go? Virtual people live it through the same use cases, on a walking clock."""
