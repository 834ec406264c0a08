"""`make bench`: every comparison."""

from bench import capture, completion, cycle, explain, memory, scale, start

for bench in (start, completion, cycle, memory, scale, capture, explain):
    bench.main()
