"""项目库 over HTTP. Who is asking comes in as dependencies, so that the store knows no accounts."""
