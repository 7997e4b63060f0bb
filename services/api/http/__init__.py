"""What every route shares: errors, limits, request types, cursors, entity tags."""
