"""What generated documents consist of: entry points, paths, selections and values."""
