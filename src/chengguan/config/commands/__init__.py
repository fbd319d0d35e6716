"""The commands of `chengguan`, one file each; every one imports what it needs when it runs."""
