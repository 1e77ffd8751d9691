"""What front ends ask: each service answers in frozen models and starts no work of its own."""
