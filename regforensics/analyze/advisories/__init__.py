"""What vulnerability databases say, held against what the registry showed."""
