"""政策参数: every limit of the service as versioned data with its legal basis."""
