"""Pure geometry of a check-in: datums, metres, fences, verdicts, sketches. Knows no people and no cases."""
