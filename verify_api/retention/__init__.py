"""保存期限: faces are kept as long as somebody can still appeal, and no longer."""
