"""The phone API of the mini-program: sessions, consent, tasks, attempts. Calls services, holds no rules."""
