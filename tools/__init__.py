"""What `./run` calls and `mailtally` does not: the local stack, the demo, the chaos test, generated
documents."""
