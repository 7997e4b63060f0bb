"""`python -m services.scanner`."""

from services.scanner.main import main

if __name__ == "__main__":
    main()
