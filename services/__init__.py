"""The three processes of Mailtally; none of them imports another."""
