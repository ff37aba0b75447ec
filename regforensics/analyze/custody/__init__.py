"""What the evidence itself is worth: origin, holes, others' word, which questions it answers."""
