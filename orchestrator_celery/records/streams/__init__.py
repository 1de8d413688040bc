"""The formats of what lies beside runs: events, log lines, the feed of all runs, and reports of sweeps."""
