"""Model of more cores: a drain as discrete events, fed with the CPU of a job that was measured on few of them."""
