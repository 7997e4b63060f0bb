"""From sealed secrets to logins: passwords, access tokens, and testing a connection."""
