"""The formats of the items of pools: how their definitions are kept, and their priorities."""
