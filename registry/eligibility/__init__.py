"""资格: whether a firm's and its people's performance can carry an application, and what is missing."""
