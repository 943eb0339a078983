"""Shifts as iCalendar (RFC 5545), for calendar programs."""
