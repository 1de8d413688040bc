"""What happens to runs: their events, the feed of all runs, and who follows them."""
