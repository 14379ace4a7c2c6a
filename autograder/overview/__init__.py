"""What an instructor sees of a class: one page for an assignment, made from what has been graded."""
