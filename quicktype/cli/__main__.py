"""`python -P -m quicktype.cli` is the command `quicktype`."""

from quicktype.cli import main

main()
