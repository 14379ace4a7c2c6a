"""Wrong and right answers, and what each must come to."""
