"""What logs, lockfiles and SBOMs show: who asked for a version, when, and who has it."""
