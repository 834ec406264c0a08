"""`make bench`: every comparison."""

from bench import cycle

cycle.main()
