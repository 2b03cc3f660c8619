"""批量导入: projects with stages from CSV, XLSX or JSON, resumable and idempotent."""
