"""Make the plans of whole set-ups: a description goes in, a Plan comes out."""
