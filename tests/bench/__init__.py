"""Speed of the product as ratios in one run on one machine."""
