"""Make the building blocks of plans: each says what should be so, and decides what is missing."""
