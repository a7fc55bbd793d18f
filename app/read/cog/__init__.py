"""The fast driver: true COGs, read block by block, sampled by our own geometry."""
