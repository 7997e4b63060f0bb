"""Commands for containers: secrets, provisioning, a health check. Each module is one command."""
