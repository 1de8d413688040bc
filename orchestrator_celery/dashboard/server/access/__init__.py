"""Who may use the dashboard, and what each visitor may do and see."""
