"""What measures accuracy, speed and memory; see `python -m benchmarks.NAME --help`."""
