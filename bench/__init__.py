"""Put nowfab beside its peers on the same work, in one run, on one box."""
