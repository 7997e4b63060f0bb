"""HTTP parts that all routes share: errors, limits, request types, cursors, headers."""
