"""`python -m services.status` runs the status service."""

from services.status.main import main

if __name__ == "__main__":
    main()
