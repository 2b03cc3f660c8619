"""Certified providers of face verification."""
