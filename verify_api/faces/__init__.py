"""Faces: one engine behind a protocol, measured frames, pure rules, protected templates."""
