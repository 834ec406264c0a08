"""Speed, as ratios against something run side by side; nothing here is a test."""
