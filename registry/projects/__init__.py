"""项目: projects, their stages as confirmed, and the dated grades of each stage."""
