"""The classes of ImageNet, and the demo's small model."""
