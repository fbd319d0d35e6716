"""Run the command without the console script: `python -m chengguan.config`."""

from chengguan.config.cli import main

main(prog_name="chengguan")
