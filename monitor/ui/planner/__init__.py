"""The planner: what recording would cost before it begins, and what would have to give."""
