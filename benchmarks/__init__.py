"""Measurements against what people use otherwise. Each package here runs by `python -m benchmarks.<name>`."""
