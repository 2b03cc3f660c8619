"""What staff see and do: their API and their pages. Both call the same services."""
