"""What does an answer cost, what does TiTiler's? ``python -m benchmarks --help``; the method: docs/benchmarks.md."""
