"""同步: reading 三库一平台 into the store, and telling it what was decided here."""
