"""How large the house is, and how many files its two main walks run through: the counts that CONTRIBUTING names."""
