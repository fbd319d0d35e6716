"""Meetings (会议): minutes, and decisions followed as items until they are done."""
