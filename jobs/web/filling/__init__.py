"""Pages /forms/: forms that people of other departments fill in, and links to them for people without an account."""
