"""Where a project should go: rules, criteria, ranking, and what would change the answer."""
