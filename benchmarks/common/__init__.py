"""What all benchmarks share: comparisons against goals, who is measured when, tables, the picture, the page."""
