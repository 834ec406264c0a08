"""The decision table: for each id of a verdict what it is known by, and the sentences that say so."""
