"""`make bench`: every comparison."""

from bench import capture, cycle, scale

cycle.main()
scale.main()
capture.main()
