"""What sorting a worklist gains, simulated: a clinic with arrivals, readers and a queue."""
