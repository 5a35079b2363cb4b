"""Who somebody is and what they may do; the trail of who did it."""
