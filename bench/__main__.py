"""`make bench`: every comparison."""

from bench import cycle, scale

cycle.main()
scale.main()
