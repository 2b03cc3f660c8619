"""What an enterprise sees and does: its API and its pages. Both call the same services."""
