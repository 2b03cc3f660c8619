"""证据: files by content, in a local folder or an S3-compatible bucket."""
