"""Charts: bars, curves and heatmaps."""
