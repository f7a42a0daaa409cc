"""The background processes that make maps and measure runs, and the results they leave in run folders."""
