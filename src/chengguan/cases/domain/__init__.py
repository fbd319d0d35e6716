"""What can happen to reports and cases."""
