"""What `doctor` checks: one module per part of the store; each yields one line per problem."""
