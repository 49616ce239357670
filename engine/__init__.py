"""The core: what the regulations say, how a cycle runs, where it is kept."""
