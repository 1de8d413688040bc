"""What keeps accepted work from being lost: leases, the reconciler, auto-resume."""
