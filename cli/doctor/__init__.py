"""`mailtally doctor`: diagnoses an installation and suggests fixes."""
