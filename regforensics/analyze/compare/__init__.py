"""Two observations side by side: changes, drift, and which differences mean nothing."""
