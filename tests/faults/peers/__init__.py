"""Put other programs to the faults that any SSH client can be given, beside nowfab."""
