"""An upgrade of a big installation: how long readers and writers wait while it is migrated."""
