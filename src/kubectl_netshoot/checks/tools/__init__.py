"""What each tool prints, read into plain values; pure text in. A line that is not understood is left out."""
