"""打卡: attempt → challenge → frames → submit → queued verification → verdict → case step."""
