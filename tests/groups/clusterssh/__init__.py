"""The real ClusterSSH, beside which our reading is put."""
