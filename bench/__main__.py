"""`make bench`: every comparison."""

from bench import capture, cycle, explain, scale

cycle.main()
scale.main()
capture.main()
explain.main()
