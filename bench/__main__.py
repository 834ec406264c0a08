"""`make bench`: every comparison."""

from bench import capture, cycle, explain, memory, scale, start

for bench in (start, cycle, memory, scale, capture, explain):
    bench.main()
