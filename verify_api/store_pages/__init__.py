"""项目库 for people: pages and API of the project and grade store, for firms and for authorities."""
