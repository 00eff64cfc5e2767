"""Tests that need a chromium: `make browser`. All others run without one."""
