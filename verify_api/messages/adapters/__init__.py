"""The ways out: a stand-in gateway that stays in the house, and the vendors' real services."""
