"""The smallest Django site that stores a vote: what the voting path is measured against."""
