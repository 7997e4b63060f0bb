"""Running units of work: leases, execution, completion, retries, poison messages, rescue."""
