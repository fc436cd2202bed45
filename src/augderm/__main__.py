"""`python -m augderm` is `augderm`."""

from augderm.cli.main import main

if __name__ == "__main__":
    main()
