"""Stand-in for 三库一平台: speaks docs/upstream-contract.md, and fails when told to."""
