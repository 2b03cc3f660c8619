"""审计: who looked at what, and a hash chain over every history that anybody can verify offline."""
