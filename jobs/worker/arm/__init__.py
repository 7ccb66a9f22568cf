"""What waits for its time on a worker, and the transaction that takes it a lead ahead."""
