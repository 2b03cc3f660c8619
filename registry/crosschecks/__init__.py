"""联网核验: 学信网, the title register and social insurance about a person (MO-11)."""
