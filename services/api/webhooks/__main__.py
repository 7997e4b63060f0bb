"""Entry point of `python -m services.api.webhooks`."""

from services.api.webhooks.main import main

if __name__ == "__main__":
    main()
