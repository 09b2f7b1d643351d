"""``python -m insilico_gui``."""

from insilico_gui.cli import main

main()
