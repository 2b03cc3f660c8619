"""Portraits of people who do not exist, made from a few public-domain photographs, for demo and tests."""
