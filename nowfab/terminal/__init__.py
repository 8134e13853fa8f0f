"""Write to the screen, ask, and take signals; no other room does."""
