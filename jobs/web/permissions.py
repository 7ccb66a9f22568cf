"""What people hear who may not do something."""


def why_refused(username: str, permission: str) -> str:
    """The sentence for a user without the permission: what is missing, and who can give it."""
    return (
        f"This needs the permission '{permission}', which the user '{username}' does not have. "
        "An administrator can give it in the admin under Users."
    )
