"""Programmes (任务): trees of items with owner, date, evidence and light."""
