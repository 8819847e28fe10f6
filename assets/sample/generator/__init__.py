"""Grammar, names and sentence frames behind the sample corpus."""
