"""补录、完善、升级、勘误: province profiles on one small engine."""
