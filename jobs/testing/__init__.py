"""Test kit for projects that use RunAt: runs what is due without processes, broker or waiting. See docs/testing.md."""
