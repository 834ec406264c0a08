"""`make bench`: every comparison."""

from bench import capture, completion, cycle, explain, explain_text, extcap, memory, scale, start, why

for bench in (start, completion, extcap, cycle, memory, scale, capture, explain, explain_text, why):
    bench.main()
