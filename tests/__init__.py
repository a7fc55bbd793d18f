"""The tests: unit, properties, parity, golden, http, process, notebook, docs."""
