"""Say what is to be done with one node, as a talk."""
