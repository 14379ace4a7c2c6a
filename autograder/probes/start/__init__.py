"""The probe of the ungraded notebook start."""
