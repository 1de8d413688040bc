"""What a change of state requires outside the store."""
