"""Making tables into hash partitions, or of one part again, while others read and write them."""
