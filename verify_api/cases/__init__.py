"""核查任务: one case per enterprise, track and set of 资质项. `transition.move` alone assigns a state."""
