"""What a dataset is made of, whatever its format: examples, splits, names, manifest, card."""
