"""What others send as changes to a plan: understood, asked about, merged, written."""
