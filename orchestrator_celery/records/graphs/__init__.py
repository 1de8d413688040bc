"""The formats of conditional graphs: their state, their layout and their routing."""
