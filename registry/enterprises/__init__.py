"""企业: enterprises, certificates and 资质项, permits, registered points. The sync fills it."""
