"""`make bench`: every comparison."""

from bench import capture, completion, cycle, explain, explain_text, memory, scale, start, why

for bench in (start, completion, cycle, memory, scale, capture, explain, explain_text, why):
    bench.main()
