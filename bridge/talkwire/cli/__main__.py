"""`python -m talkwire.cli` is `talkwire`."""

from talkwire.cli.app import main

main()
