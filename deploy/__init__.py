"""What containers need besides the services: secrets, provisioning and a health check. Each module is one command."""
