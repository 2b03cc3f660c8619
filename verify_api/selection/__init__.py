"""选人: who must check in, whether a list is enough, the provably smallest list, the roster's light."""
