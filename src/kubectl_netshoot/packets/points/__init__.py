"""One connection in the captures of several points: found again there by what no translation changes, and compared."""
