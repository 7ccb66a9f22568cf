"""What proves the promises of docs/guarantees.md; nothing here runs in production."""
